package tree

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ivalt-radius/secret"
)

// value is what one text of a key (one element of a list) means; of reply attributes, the text itself. Its errors never quote a
// secret.
func (k Key) value(text string) (any, error) {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return nil, errors.New("holds a line break, a control character or no UTF-8")
	}
	switch k.Kind {
	case Number:
		n, err := parseNumber(text)
		return n, k.within(int64(n), err)
	case Duration:
		d, err := parseDuration(text)
		return d, k.within(int64(d), err)
	case Size:
		n, err := parseSize(text)
		return n, k.within(n, err)
	case Bool:
		return parseBool(text)
	case Address, Addresses:
		if text == "" && k.Kind == Address {
			return netip.AddrPort{}, nil
		}
		return parseAddress(text)
	case Prefixes:
		return parsePrefix(text)
	case Secret, Secrets:
		return secret.New(text), nil
	case Text, Texts, Name, URL, Choice, Attributes:
	}
	return text, k.form(text)
}

// form checks the kinds whose values are texts.
func (k Key) form(text string) error {
	switch k.Kind {
	case Name:
		if !nameForm.MatchString(text) {
			return fmt.Errorf("%s is no name of 1 to 64 letters, digits, dots, underscores and dashes", quote(text))
		}
	case URL:
		return checkURL(text)
	case Choice:
		if !slices.Contains(k.Choices, text) {
			return fmt.Errorf("%s is none of %s", quote(text), strings.Join(k.Choices, ", "))
		}
	case Texts, Attributes:
		if strings.TrimSpace(text) == "" {
			return errors.New("is empty")
		}
	case Text, Number, Duration, Size, Bool, Secret, Secrets, Address, Addresses, Prefixes:
	}
	return nil
}

// within adds the range to what reading a number found.
func (k Key) within(n int64, err error) error {
	if err != nil || n >= k.Min && n <= k.Max {
		return err
	}
	return fmt.Errorf("must be %s", k.span())
}

// span is the range in words; empty where there is none.
func (k Key) span() string {
	if k.Kind == Duration {
		return Short(time.Duration(k.Min)) + " to " + Short(time.Duration(k.Max))
	}
	if k.Kind == Size {
		return Octets(k.Min) + " to " + Octets(k.Max)
	}
	if k.Kind == Number {
		return fmt.Sprintf("%d to %d", k.Min, k.Max)
	}
	return ""
}

// Short prints a duration without the zero units at its end.
func Short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// quote shows a value in a fault, cut where it is long.
func quote(text string) string {
	if len(text) > 64 {
		text = text[:64] + "..."
	}
	return strconv.Quote(text)
}

// sizeUnits are those of Size, each 1024 times the one before.
var sizeUnits = [...]string{"B", "KiB", "MiB", "GiB"} //nolint:gochecknoglobals // a table

var (
	decimal  = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)
	nameForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
)

func parseNumber(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || !decimal.MatchString(text) {
		return 0, fmt.Errorf("%s is no whole decimal number", quote(text))
	}
	return n, nil
}

// longestDays is more days than a duration can hold.
const longestDays = 110_000

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err == nil {
		return d, nil
	}
	if decimal.MatchString(text) {
		return 0, fmt.Errorf("%s has no unit: write %ss for seconds", quote(text), text)
	}
	if days, ok := strings.CutSuffix(text, "d"); ok && decimal.MatchString(days) {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n <= longestDays {
			return 0, fmt.Errorf("%s: days are no unit: write %dh for hours", quote(text), n*24)
		}
	}
	return 0, fmt.Errorf("%s is no duration such as 55s, 2m or 24h", quote(text))
}

// Octets prints a size with the largest unit that leaves it whole.
func Octets(n int64) string {
	unit := 0
	for n != 0 && n%1024 == 0 && unit < len(sizeUnits)-1 {
		n, unit = n/1024, unit+1
	}
	return strconv.FormatInt(n, 10) + sizeUnits[unit]
}

// parseSize reads a whole number with a unit of powers of 1024.
func parseSize(text string) (int64, error) {
	bad := fmt.Errorf("%s is no size such as 512KiB, 64MiB or 1GiB", quote(text))
	for i := len(sizeUnits) - 1; i >= 0; i-- {
		digits, ok := strings.CutSuffix(text, sizeUnits[i])
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 32)
		if err != nil || !decimal.MatchString(digits) || n < 0 {
			return 0, bad
		}
		return n << (10 * i), nil
	}
	return 0, bad
}

func parseBool(text string) (bool, error) {
	switch text {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%s is neither true nor false", quote(text))
}

// parseAddress reads an IP address with a port. IPv4 in its mapped form becomes IPv4.
func parseAddress(text string) (netip.AddrPort, error) {
	at, err := netip.ParseAddrPort(text)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%s is no IP address with a port, such as 0.0.0.0:1812, 127.0.0.1:9812 or [::]:1812", quote(text))
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), nil
}

// parsePrefix reads a prefix or an address. IPv4 in its mapped form becomes IPv4, as addresses of packets do.
func parsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%s is no prefix such as 192.0.2.0/24 or 2001:db8::/32, nor a lone address, which counts as a prefix of full length", quote(text))
	}
	if p.Addr().Is4In6() {
		const mapped = 96
		if p.Bits() < mapped {
			return netip.Prefix{}, fmt.Errorf("%s covers more than the mapped IPv4 addresses: write the IPv4 prefix", quote(text))
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
	}
	if p != p.Masked() {
		return netip.Prefix{}, fmt.Errorf("%s has bits set behind the prefix: write %s", quote(text), p.Masked())
	}
	return p, nil
}

// checkURL never quotes the URL: a password may stand in it.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return errors.New("is no URL such as https://api.ivalt.com")
	case u.User != nil:
		return errors.New("must hold no user name or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("must hold no query and no fragment")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return errors.New("must begin with https://: plain http is for a loopback host only")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("must begin with https://")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
