package rule

import "ivalt-radius/guard"

func logins() []Description {
	return []Description{
		{
			Rule: guard.BruteForce, Counts: "wrong passwords, and logins of somebody who is locked out", Against: "the person; and the address",
			Steps: steps(guard.Medium, Step{11, guard.High}, Step{21, guard.Critical}),
			Means: "Somebody guesses one person's password, or those of several people from one address. Or a device goes on sending an old password.",
			Look:  "Whether all come from one address, whether that is one of the person's, and whether a login was approved since: `audit tail --user NAME`.",
			Do:    "Ask the person. Is it a forgotten device, put its password right. Else block the address, and change the password where it may be known.",
		},
		{
			Rule: guard.PasswordSpray, Counts: "people for whom a wrong password came, and who were not let in from there since", Against: "the address",
			Steps: steps(guard.High, Step{21, guard.Critical}),
			Means: "Somebody tries a few passwords on many people from one address. Or a gateway with a wrong shared secret, or a directory that fails, makes every password wrong.",
			Look:  "Whether the names are real ones, whether any of them was let in from that address, and whether other addresses do the same.",
			Do:    "Block the address. Have whoever was let in from it change the password. Is it an office's own, compare the gateway's shared secret.",
		},
		{
			Rule: guard.APIAbuse, Counts: "logins that a limit refused, or calls that iVALT throttled", Against: "the person; and the address; the service where iVALT throttles",
			Steps: steps(guard.Medium, Step{11, guard.High}),
			Means: "Somebody logs in more often than people do, or a device does by itself. Where iVALT throttles: more is asked than the API's plan allows.",
			Look:  "The details of the evidence: which limit it was. For the service: `ivalt.limits` against the plan.",
			Do:    "Find the device and stop it, or block the address. Raise a limit only where honest people reach it. For the service: lower `ivalt.limits`, or have the plan raised.",
		},
		{
			Rule: guard.SuspiciousSource, Counts: "logins that a block or a rule's networks refused", Against: "the address; the person where it is unknown",
			Steps: steps(guard.Low, Step{11, guard.Medium}),
			Means: "Somebody tries from where nobody may come in, or goes on after a block. Or a person travels, or a network is missing in a rule.",
			Look:  "The reason: `network_denied` or `blocked`. Whose names they are, and whether their passwords were right.",
			Do:    "Network missing: add it to the rule. Else nothing need be done: nobody gets in. Block the address at the firewall where it goes on.",
		},
	}
}

func pushes() []Description {
	return []Description{
		{
			Rule: guard.PushBombing, Counts: "pushes that were refused or not answered, or that a limit of pushes kept back", Against: "the person",
			Steps: steps(guard.Medium, Step{6, guard.High}, Step{21, guard.Critical}),
			Means: "Somebody who may know the password has the person's phone ring until they approve. Or the person's phone is off, or its app is not set up.",
			Look:  "Where the logins came from, and whether the password was right (`factors`).",
			Do:    "Call the person, on a known number. Was it not them: change the password, block the address. Tell them never to approve what they did not begin.",
		},
		{
			Rule: guard.BombedApproval, Counts: "pushes that were refused or not answered, right before one that was approved", Against: "the person",
			Steps: steps(guard.Critical),
			Means: "The person may have approved to make it stop: whoever rang is in. Or the person missed their own pushes and then caught one.",
			Look:  "The address of the approved login against those before it and the person's usual ones.",
			Do:    "Call the person at once. Was it not them: `block` the person, end the session, change the password, look at what was done in it.",
		},
		{
			Rule: guard.PushRefused, Counts: "pushes that the person refused", Against: "the person",
			Steps: steps(guard.High, Step{6, guard.Critical}),
			Means: "\"It was not me\": somebody else knows the password. Or the person refused by mistake.",
			Look:  "Where the login came from, and whether the password was right (`factors`): then it is known to somebody.",
			Do:    "Ask the person. Was it not them: change the password, block the address, look for other logins from it.",
		},
		{
			Rule: guard.Collisions, Counts: "logins that collided with another one of the same phone, and stale approvals", Against: "the person",
			Steps: steps(guard.Low, Step{3, guard.Medium}, Step{6, guard.High}),
			Means: "Two different logins wanted one phone at once: the person's own and somebody else's, so that an approval could serve the wrong one. Or two of the person's own devices.",
			Look:  "The addresses and clients of both logins.",
			Do:    "Ask the person whether both were theirs. Were they not: as for push_refused.",
		},
	}
}

func packets() []Description {
	return []Description{
		{
			Rule: guard.UnknownClient, Counts: "packets from an address that is no client's", Against: "the address",
			Steps: steps(guard.Low, Step{1001, guard.Medium}),
			Means: "A gateway that is not in the settings, or somebody who looks for RADIUS servers. UDP source addresses can be forged.",
			Look:  "Whether the address is one of yours: a new gateway, or one behind a new NAT.",
			Do:    "A gateway of yours: add it to `clients`. Else let no such address through to the server's ports: `ivalt-radius firewall`.",
		},
		{
			Rule: guard.SpoofedClient, Counts: "requests without Message-Authenticator where it must be there", Against: "the address and its client",
			Steps: steps(guard.High),
			Means: "Somebody sends under a gateway's address, or between it and the server (BlastRADIUS). Or the gateway was changed or its software set back.",
			Look:  "Whether the gateway was changed lately, and whether its own requests still carry one: `ivalt-radius clients`.",
			Do:    "Changed: have it send Message-Authenticator; only where it cannot, `clients forget`. Not changed: look at the network between them, change the shared secret.",
		},
		{
			Rule: guard.MessageAuthenticator, Counts: "packets that no shared secret of the client verifies", Against: "the address and its client",
			Steps: steps(guard.Medium, Step{101, guard.High}),
			Means: "The shared secret differs on the two sides, after a change on one of them mostly. Or somebody guesses it, or changes packets on their way.",
			Look:  "Whether all packets of that address fail, and since when.",
			Do:    "All fail: compare the secrets. Some fail: look at the network between them, and change the secret.",
		},
	}
}

func places() []Description {
	return []Description{
		{
			Rule: guard.GeofenceProbing, Counts: "logins whose phone was outside iVALT's permitted place", Against: "the person",
			Steps: steps(guard.Medium, Step{11, guard.High}),
			Means: "Somebody tries with the phone where it must not be, or with a forged position until one is taken. Or the person travels.",
			Look:  "The calling stations, and whether a login was approved afterwards.",
			Do:    "Ask the person where they are. Was a login approved right after, from another place: treat it as bombed_approval.",
		},
		{
			Rule: guard.TimeProbing, Counts: "logins outside the hours of the rule or of iVALT", Against: "the person",
			Steps: steps(guard.Low, Step{11, guard.Medium}),
			Means: "Somebody tries when nobody is there to see it. Or the person works late, or a clock is wrong.",
			Look:  "Whether others have it too (then look at the clock and the rule), and where it came from.",
			Do:    "Ask the person; put the rule's hours right where they work then.",
		},
	}
}

func service() []Description {
	return []Description{
		{
			Rule: guard.ClockJump, Counts: "jumps of the machine's clock", Against: "the service",
			Steps: steps(guard.Medium, Step{4, guard.High}),
			Means: "The clock was set: by NTP after it had drifted, by a virtual machine that was resumed, or by somebody who wants hours to hold or records to mislead.",
			Look:  "Who set it: the time service's log, the hypervisor, logins to the machine.",
			Do:    "Have one time service and nothing else set the clock. Judge logins near the jump by the order of the trail, not by its times.",
		},
		{
			Rule: guard.TrailTampered, Counts: "findings that the trail is not as it was written", Against: "the service",
			Steps: steps(guard.Critical),
			Means: "Records were changed, cut off or replaced, or the trail's file or key was taken away. Or the disk lost data, or a backup was put in its place.",
			Look:  "`audit verify`; copies elsewhere (`audit.ship`, backups); who can write in the directory, and who was on the machine.",
			Do:    "Copy the files away first, change nothing. Find the last good record by the shipped copy. Treat the machine as broken into until it is explained.",
		},
		{
			Rule: guard.FailedLogins, Counts: "logins that were refused, where they are a tenth of all or more", Against: "the service",
			Steps: steps(guard.High),
			Means: "An attack on many people from many addresses, or something is broken: a directory, iVALT, a rule after a reload.",
			Look:  "The reasons: `audit report`. One reason for nearly all is mostly a fault; bad_password and unknown names are mostly an attack.",
			Do:    "A fault: mend it, or take the last reload back. An attack: see brute_force and password_spray; limit at the gateway.",
		},
	}
}

func calls() []Description {
	return []Description{
		{
			Rule: guard.APIErrors, Counts: "calls to iVALT that failed", Against: "the service",
			Steps: steps(guard.Medium),
			Means: "iVALT is down, refuses the key, or something between changes its answers.",
			Look:  "The classes in the evidence, `ivalt-radius probe`, iVALT's status, the proxy and the firewall.",
			Do:    "\"bad key or path\": the key or `ivalt.url`. Else wait or call iVALT; a rule's `fail.mode` says who gets in meanwhile.",
		},
		{
			Rule: guard.APISlow, Counts: "calls to iVALT, whose average time is too long", Against: "the service",
			Steps: steps(guard.Medium),
			Means: "iVALT, the network or the proxy is slow: pushes come late, and gateways give up.",
			Look:  "How long which calls take: `audit report`; the line and the proxy.",
			Do:    "Call iVALT, or mend the line. Give gateways more patience for the time (`answer_within`).",
		},
	}
}
