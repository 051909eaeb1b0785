package compliance

func gdpr() []Control {
	return []Control{
		people("Art. 5(1)(a)", "Processing is lawful, fair and transparent.", "the legal basis, and what people were told"),
		people("Art. 5(1)(b)", "Data are used for the purposes that were named.", "the purposes"),
		by("Art. 5(1)(c)", "No more data than the purpose needs.", "mobiles-masked", "address-not-sent", "shipping-masked"),
		people("Art. 5(1)(d)", "Data are correct.", "who keeps the directory and users.file up to date"),
		by("Art. 5(1)(e)", "Data are kept no longer than the purpose needs.", "retention-ends").and("why the retention is as long as it is"),
		by("Art. 5(1)(f)", "Data are protected from strangers, loss and damage.",
			"trail-private", "people-private", "secret-files-private", "state-private", "config-protected", "trail-whole", "trail-verified", "server-no-core"),
		by("Art. 5(2)", "Whoever is responsible can show it.", "trail-verified", "trail-signed", "reads-recorded", "settings-in-force"),
		people("Art. 6(1)", "There is a legal basis.", "which one"),
		people("Art. 9(2)", "Biometric data have a basis of their own.", "the basis for iVALT's biometrics: none of them reach this program"),
		people("Art. 13", "People are told.", "the notice"),
		people("Art. 15", "People learn what is kept about them.", "answers to requests"),
		by("Art. 17", "People are forgotten on request.", "people-erasable").and("answers to requests"),
		by("Art. 25", "Protection is built in, and the default.", "mobiles-masked", "shipping-masked", "address-not-sent", "retention-ends"),
		people("Art. 28", "Processors are bound by contract.", "the contract with iVALT, and with those who run receivers of logs"),
		people("Art. 30", "There is a record of processing.", "the record; docs/compliance.md says which data this program keeps"),
		by("Art. 32(1)(a)", "Data are pseudonymised and encrypted where it is called for.",
			"ivalt-encrypted", "directory-encrypted", "upstream-private", "gateways-private", "shipping-encrypted", "shipping-masked"),
		by("Art. 32(1)(b)", "Confidentiality, integrity, availability and resilience last.",
			"password-first", "push-for-all", "fail-closed", "packets-authenticated", "methods-safe", "server-not-root", "disk-space", "trail-whole"),
		by("Art. 32(1)(c)", "Data can be restored soon.", "backup-recent", "archive-reachable").and("a restore that was tried"),
		people("Art. 32(1)(d)", "It is tested regularly whether the measures work.", "plans and results of tests; reports like this one, kept, are a part"),
		by("Art. 33", "Breaches can be noticed and described within 72 hours.", "attacks-watched", "incidents-told", "alerts-shipped", "logins-recorded", "trail-verified").and("the notification itself"),
		people("Art. 35", "Risks for people are assessed where they are high.", "the assessment"),
	}
}
