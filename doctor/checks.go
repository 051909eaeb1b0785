package doctor

// The areas, in the order of the page.
const (
	settings = "Settings"
	secrets  = "Secrets"
	clock    = "Clock"
	ivalt    = "iVALT"
	factor   = "First factor"
	network  = "Network"
	gateways = "Gateways"
	machine  = "Machine"
	trail    = "Audit trail"
	respond  = "Response"
	yourself = "By hand"
)

// SettingsLoad is the finding that holds the faults of the settings, one sentence each, in their order.
const SettingsLoad = "settings.load"

// The items of the guide's pre-deployment list (lines 1526 to 1533 of the security guide).
const (
	keysSecured      = "API keys secured and rotated"
	certificates     = "SSL/TLS certificates valid and configured"
	firewallRules    = "Firewall rules properly configured"
	accessControls   = "Access controls implemented"
	monitoring       = "Monitoring and logging enabled"
	incidentResponse = "Incident response procedures documented"
	securityTesting  = "Security testing completed"
	compliance       = "Compliance requirements verified"
	connections      = "Network monitoring" // lines 511 to 545: suspicious ports, plain HTTP
)

func checks() []check {
	all := []check{
		{id: SettingsLoad, area: settings, title: "The settings load", guide: []string{accessControls}, judge: settingsLoad},
		{id: "settings.access", area: settings, title: "Nobody comes in without a phone by the settings' word", guide: []string{accessControls}, judge: settingsAccess},
		{id: "files.private", area: settings, title: "Files belong to the server, and others keep out", guide: []string{accessControls, keysSecured}, judge: filesPrivate},
		{id: "secrets.strength", area: secrets, title: "Secrets cannot be guessed", guide: []string{keysSecured}, judge: secretsStrength},
		{id: "secrets.age", area: secrets, title: "Secrets are changed in time", guide: []string{keysSecured}, judge: secretsAge},
		{id: "clock.synchronised", area: clock, title: "The clock is synchronised", judge: clockSynchronised},
		{id: "clock.ivalt", area: clock, title: "iVALT's clock and this one agree", judge: clockIVALT},
		{id: "ivalt.tls", area: ivalt, title: "iVALT is reached through TLS that is trusted", guide: []string{certificates}, judge: ivaltTLS},
		{id: "ivalt.key", area: ivalt, title: "iVALT takes the API key", guide: []string{keysSecured}, judge: ivaltKey},
		{id: "factor.sources", area: factor, title: "The sources of the first factor answer", guide: []string{certificates, accessControls}, applies: hasSources, judge: factorSources},
	}
	all = append(all, networkChecks()...)
	return append(append(all, machineChecks()...), lastChecks()...)
}

func networkChecks() []check {
	return []check{
		{id: "network.names", area: network, title: "The hosts of the settings have addresses", applies: hasNames, judge: networkNames},
		{id: "cluster.memory", area: network, title: "The shared memory can be asked, and forgets nothing", applies: hasMemory, judge: clusterMemory},
		{id: "cluster.nodes", area: network, title: "All nodes are alive, with the same settings", applies: hasMemory, judge: clusterNodes},
		{id: "network.listen", area: network, title: "The addresses of listen.* are the server's", judge: networkListen},
		{id: "window.certificate", area: network, title: "The operator's window proves who it is", guide: []string{certificates}, applies: hasWindow, judge: windowCertificate},
		{id: "window.access", area: network, title: "Somebody may look through the operator's window", guide: []string{accessControls}, applies: hasWindow, judge: windowAccess},
		{id: "network.suspicious", area: network, title: "No service listens here that has no place beside a RADIUS server", guide: []string{connections, firewallRules}, judge: networkSuspicious},
		{id: "network.explained", area: network, title: "The settings explain the server's sockets", guide: []string{connections}, judge: networkExplained},
		{id: "network.firewall", area: network, title: "A packet filter lets in what the settings need, and nothing else", guide: []string{firewallRules}, judge: networkFirewall},
		{id: "gateways.patience", area: gateways, title: "Gateways wait as long as a person takes", judge: gatewaysPatience},
		{id: "gateways.signed", area: gateways, title: "Gateways sign what they ask", guide: []string{accessControls}, judge: gatewaysSigned},
	}
}

func machineChecks() []check {
	return []check{
		{id: "machine.buffer", area: machine, title: "The kernel grants the receive buffer", judge: machineBuffer},
		{id: "machine.memory", area: machine, title: "The server's memory stays its own", guide: []string{keysSecured}, judge: machineMemory},
		{id: "machine.files", area: machine, title: "The server may open as many files as it needs", judge: machineFiles},
		{id: "machine.rights", area: machine, title: "The server has no more rights than it needs", guide: []string{accessControls}, judge: machineRights},
		{id: "machine.zones", area: machine, title: "Time zones are known", judge: machineZones},
		{id: "disk.space", area: machine, title: "There is room on the disk", guide: []string{monitoring}, judge: diskSpace},
		{id: "disk.inodes", area: machine, title: "There is room for more files", guide: []string{monitoring}, judge: diskInodes},
	}
}

func lastChecks() []check {
	return []check{
		{id: "trail.checkpoint", area: trail, title: "The trail holds its last checkpoint", guide: []string{monitoring}, judge: trailCheckpoint},
		{id: "trail.shipped", area: trail, title: "Records leave this host", guide: []string{monitoring}, judge: trailShipped},
		{id: "trail.backup", area: trail, title: "There is a backup", judge: trailBackup},
		{id: "respond.notices", area: respond, title: "Somebody hears of alerts", guide: []string{monitoring, incidentResponse}, judge: respondNotices},
		{id: "respond.steps", area: respond, title: "Automatic steps are taken", guide: []string{incidentResponse}, judge: respondSteps},
		{id: "hand.procedures", area: yourself, title: "Incident response is written down", guide: []string{incidentResponse}, judge: byHand("who is called, and who may block whom",
			"write down who answers an incident; docs/operations.md has a runbook for each alert")},
		{id: "hand.testing", area: yourself, title: "The set-up was tested", guide: []string{securityTesting}, judge: byHand("whether logins were tried that must fail",
			"try some with ivalt-radius login, from each gateway too (with --no-message-authenticator where the gateway sends none): a wrong password, a refused push, outside the hours")},
		{id: "hand.compliance", area: yourself, title: "What you must comply with is met", guide: []string{compliance}, judge: byHand("which rules you are under",
			"ivalt-radius compliance --framework NAME gathers what can be seen from here")},
	}
}

// byHand is an item that no program can see.
func byHand(what, do string) func(*Facts, *verdict) {
	return func(_ *Facts, v *verdict) { v.unknown("no program sees "+what, do) }
}
