package compliance

func shippingChecks() []Check {
	return []Check{
		{"trail-shipped", "A copy of the trail leaves the machine as it is written (partial: that it arrives and is kept shows at the receiver)", ofSettings(trailShipped)},
		{"shipping-encrypted", "Records leave the machine encrypted", ofSettings(shippingEncrypted)},
		{"shipping-masked", "Receivers get pseudonyms in the place of names and addresses", ofSettings(shippingMasked)},
		{"alerts-shipped", "Security events go to a receiver where something can watch for them (partial: whether anybody does cannot be seen)", ofSettings(alertsShipped)},
	}
}

func trailShipped(f Facts) Result {
	if away := receivers(f, func(r Receiver) bool { return remote(r) && r.All }); len(away) > 0 {
		return pass("receivers: %s", names(away))
	}
	return fail("set audit.ship with a tls:// receiver on another machine, without types", "no receiver on another machine gets all records")
}

func shippingEncrypted(f Facts) Result {
	if len(receivers(f, remote)) == 0 {
		return notApplicable("nothing is shipped to another machine")
	}
	if plain := receivers(f, func(r Receiver) bool { return remote(r) && r.Scheme != "tls" }); len(plain) > 0 {
		return fail("use tls:// receivers", "in plain text: %s", names(plain))
	}
	return pass("all receivers on other machines are tls://")
}

func shippingMasked(f Facts) Result {
	if len(f.Shipping) == 0 {
		return notApplicable("nothing is shipped")
	}
	if open := receivers(f, unmasked); len(open) > 0 {
		return fail("set mask: true where the receiver need not know who it was", "as they are: %s", names(open))
	}
	return pass("all receivers get pseudonyms")
}

func alertsShipped(f Facts) Result {
	if alerted := receivers(f, func(r Receiver) bool { return r.Alerts }); len(alerted) > 0 {
		return pass("receivers: %s", names(alerted))
	}
	return fail("set audit.ship with a receiver whose types hold security_event", "no receiver gets security events")
}

// receivers names those of which something holds.
func receivers(f Facts, holds func(Receiver) bool) []string {
	return each(f.Shipping, func(r Receiver) string {
		if holds(r) {
			return r.Name
		}
		return ""
	})
}

// remote reports a receiver that is, or may be, on another machine.
func remote(r Receiver) bool { return r.Scheme != "journald" && r.Scheme != "file" }

func unmasked(r Receiver) bool { return !r.Masked }
