package firewalling

import (
	"fmt"
	"io"
	"net/netip"
	"os"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/doctor/firewall"
	"ivalt-radius/doctor/needs"
)

// flags are the command's, as written.
type flags struct {
	config, format string
	admin, ssh     []string
	peers          []string
	sshPort        uint16
	strict         bool
}

// NewCommand is `firewall`. defaultConfig is the configuration file where the command line names none.
func NewCommand(defaultConfig string) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "firewall --config FILE --format nftables|ufw|systemd",
		Short: "Print rules of a packet filter that let in what the settings need, and nothing else",
		Long: "firewall prints rules that refuse what comes in, but for RADIUS from exactly the clients' networks to the addresses that listen, and\n" +
			"SSH. It changes nothing: read them, then load them with nft -f FILE or sh FILE. Those of nftables are one table, inet ivalt_radius, loaded in one\n" +
			"transaction and taken away with `nft delete table inet ivalt_radius`.\n" +
			"What goes out is free unless --strict-out binds it: to DNS, NTP, and the ports of iVALT or its proxy, LDAP, upstream RADIUS, syslog, notices\n" +
			"and Disconnect-Requests. Host names are not resolved: where the settings name a host by name, any host is allowed at that port.\n" +
			"With --format systemd it prints a drop-in of the unit, for " + firewall.SystemdPath + ": IPAddressDeny=any, and\n" +
			"IPAddressAllow= for the clients' networks and the peers that have an address. systemd knows no names there: where the settings name a host by name, as\n" +
			"they do for iVALT itself, it refuses until --peer says where that host and the resolver are.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	set := cmd.Flags()
	set.StringVarP(&f.config, "config", "c", defaultConfig, "the configuration file")
	set.StringVar(&f.format, "format", "", "nftables, ufw or systemd")
	set.StringSliceVar(&f.admin, "admin-network", nil, "a prefix that may reach listen.admin, where that is not on the loopback interface; may be given several times")
	set.StringSliceVar(&f.ssh, "ssh-from", nil, "a prefix that may come by SSH; may be given several times (default: anywhere, so that nobody is locked out)")
	set.Uint16Var(&f.sshPort, "ssh-port", 22, "the port of SSH")
	set.StringSliceVar(&f.peers, "peer", nil, "with --format systemd: a prefix that the service must reach though the settings name no address there; may be given several times")
	set.BoolVar(&f.strict, "strict-out", false, "refuse what goes out, but for what the settings need")
	_ = cmd.MarkFlagRequired("format") // fails only for a flag that is not there
	return cmd
}

func (f flags) run(cmd *cobra.Command) error {
	write := map[string]func(io.Writer, needs.Needs, firewall.Options) error{
		"nftables": firewall.NFTables, "ufw": firewall.UFW, "systemd": firewall.Systemd,
	}[f.format]
	if write == nil {
		return exit.UsageError(cmd, fmt.Errorf("--format: %q is none of nftables, ufw and systemd", f.format))
	}
	if f.sshPort == 0 {
		return exit.UsageError(cmd, fmt.Errorf("--ssh-port: must be between 1 and 65535"))
	}
	o := firewall.Options{SSHPort: f.sshPort}
	if f.strict {
		o.Outgoing = firewall.Strict
	}
	var err error
	if o.Admin, err = prefixes(f.admin); err != nil {
		return exit.UsageError(cmd, fmt.Errorf("--admin-network: %w", err))
	}
	if o.SSHFrom, err = prefixes(f.ssh); err != nil {
		return exit.UsageError(cmd, fmt.Errorf("--ssh-from: %w", err))
	}
	if o.Peers, err = prefixes(f.peers); err != nil {
		return exit.UsageError(cmd, fmt.Errorf("--peer: %w", err))
	}
	s, err := settings(f.config)
	if err != nil {
		return err
	}
	n := needs.Of(s)
	if hidden := unread(s); (f.strict || f.format == "systemd") && len(hidden) > 0 {
		return fmt.Errorf("firewall: %s cannot be read, and the rules would cut off where it leads: run this as root or as the server's user", hidden[0])
	}
	return write(cmd.OutOrStdout(), n, o)
}

// settings are those of the file. Secrets that cannot be read do no harm, but for addresses that are ones.
func settings(path string) (*config.Settings, error) {
	s, faults := config.LoadWithoutSecrets(path, config.Options{Environ: os.Environ()})
	return s, faults.Err()
}

// unread are the keys of addresses that the settings name and that could not be read.
func unread(s *config.Settings) (keys []string) {
	if s.Given("ivalt.proxy") && s.IVALT.Proxy.Empty() {
		keys = append(keys, "ivalt.proxy")
	}
	for i, n := range s.Guard.Notify {
		if (n.Kind == "webhook" || n.Kind == "slack") && n.URL.Empty() {
			keys = append(keys, fmt.Sprintf("guard.notify[%d].url", i))
		}
	}
	return keys
}

func prefixes(texts []string) ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if ip, single := netip.ParseAddr(text); single == nil && ip.Zone() == "" {
			p, err = netip.PrefixFrom(ip, ip.BitLen()), nil
		}
		if err != nil || p.Addr().Is4In6() {
			return nil, fmt.Errorf("%q is no prefix: write one such as 192.0.2.0/24", text)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}
