package compliance

func soc2() []Control {
	return []Control{
		people("CC1.4", "People are able and trained for what they do.", "records of training"),
		people("CC2.2", "Everyone inside knows the duties of security that are theirs.", "what was told to whom"),
		people("CC3.2", "Risks are identified and judged.", "the assessment of risks"),
		people("CC4.1", "It is looked at regularly whether the controls work.", "plans and results of reviews"),
		people("CC5.3", "Policies say what is to be done.", "the policies, and who approved them"),
		by("CC6.1", "Access to what is protected goes through logical controls: who may, proven how, with keys that are kept.",
			"password-first", "push-for-all", "fail-closed", "secrets-strong", "secrets-not-in-file", "secret-files-private", "config-protected", "secrets-own"),
		people("CC6.2", "People are registered before they get access, and lose it when they leave.", "enrolments and removals, in the directory and at iVALT"),
		by("CC6.3", "Access follows roles and the least that is needed.", "denied-by-default", "hours-zoned", "files-owned", "server-not-root").
			and("who reviewed the rules, and when"),
		people("CC6.4", "Places and machines are locked.", "access to the machine room"),
		by("CC6.6", "Whoever comes from outside is held off at the boundary.",
			"password-first", "push-for-all", "push-every-time", "approvals-bound", "guesses-slowed", "guesses-limited", "pushes-limited", "clients-limited", "packets-authenticated"),
		by("CC6.7", "Information is protected while it moves.",
			"ivalt-encrypted", "directory-encrypted", "upstream-private", "gateways-private", "methods-safe", "shipping-encrypted"),
		by("CC6.8", "Software and settings that nobody approved are kept out or noticed.", "config-protected", "files-owned", "version-clean", "settings-in-force").
			and("protection of the machine itself against malware"),
		by("CC7.1", "Changes that open a weakness are noticed.", "settings-in-force", "version-clean").and("scans for known weaknesses"),
		by("CC7.2", "Systems are watched for signs of attack and failure.", "logins-recorded", "attacks-watched", "incidents-told", "alerts-shipped", "trail-whole", "clock-kept", "clock-steady"),
		by("CC7.3", "Events are evaluated on records that can be trusted.", "trail-verified", "trail-signed", "starts-and-stops-recorded", "reads-recorded").
			and("who evaluated them, and what came of it"),
		people("CC7.4", "Incidents are answered by a plan.", "the plan, its exercises, and the incidents themselves"),
		by("CC7.5", "What an incident damaged is restored.", "backup-recent", "trail-shipped").and("a restore that was tried"),
		by("CC8.1", "Changes are authorised, tested and recorded.", "settings-in-force", "version-clean").and("who approved each change"),
		people("CC9.2", "Suppliers, iVALT among them, are judged and held to contracts.", "contracts, and reports of the suppliers"),
		by("A1.2", "What keeps the service available is protected and backed up.", "disk-space", "backup-recent", "archive-reachable"),
		people("A1.3", "Recovery is tested.", "a restore that was tried"),
		by("C1.1", "Confidential information is known and protected as long as it is kept.",
			"secret-files-private", "people-private", "state-private", "trail-private", "server-no-core", "mobiles-masked"),
		by("C1.2", "Confidential information is disposed of when its time is over.", "retention-ends").and("disposal of backups and media"),
		people("P1.1", "People are told what is done with their data.", "the notice"),
		by("P4.1", "Personal information is used for its purpose alone.", "address-not-sent", "shipping-masked", "reads-recorded"),
		by("P4.2", "Personal information is kept no longer than its purpose needs.", "retention-ends").and("why the retention is as long as it is"),
		by("P4.3", "Personal information is disposed of securely, also on request.", "people-erasable"),
		people("P6.1", "Personal information goes to third parties with consent or by law alone.", "the agreement with iVALT and with the receivers of logs"),
		people("P8.1", "Questions and complaints are answered.", "how, and by whom"),
	}
}
