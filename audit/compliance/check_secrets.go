package compliance

// ofSecrets asks where the inventory is known.
func ofSecrets(look func(Secrets) Result) func(Facts) Result {
	return func(f Facts) Result {
		if !f.Secrets.Known || f.Secrets.Count == 0 {
			return unknown("run this report as a user who may read the secrets", "the inventory of secrets is not known")
		}
		return look(f.Secrets)
	}
}

func secretChecks() []Check {
	return []Check{
		{"secrets-not-in-file", "No secret stands in the configuration file as it is", ofSecrets(func(s Secrets) Result {
			if s.Literal > 0 {
				return fail("write file:PATH, env:NAME or sealed:... in their place (`ivalt-radius seal`)", "%d of %s", s.Literal, times(s.Count, "secret"))
			}
			return pass("%s, %d of them sealed", times(s.Count, "secret"), s.Sealed)
		})},
		{"secrets-strong", "No secret is well-known or easily guessed (partial: a strong secret may still be known to many)", ofSecrets(func(s Secrets) Result {
			if s.Weak > 0 {
				return fail("make others with `openssl rand -base64 24`; `ivalt-radius check` names them", "%d of %s", s.Weak, times(s.Count, "secret"))
			}
			return pass("%s, none weak", times(s.Count, "secret"))
		})},
		{"secrets-fresh", "No secret is older than it should be", ofSecrets(func(s Secrets) Result {
			switch {
			case s.Old > 0:
				return fail("rotate them: a client takes two secrets at once", "%d of %s older than %s", s.Old, times(s.Count, "secret"), hours(s.MaxAge))
			case s.Undated > 0 || s.MaxAge <= 0:
				return unknown("keep secrets in files, whose age can be seen", "the age of %d of %s is not known", s.Undated, times(s.Count, "secret"))
			}
			return pass("%s, none older than %s", times(s.Count, "secret"), hours(s.MaxAge))
		})},
		{"secrets-own", "No two clients have a shared secret in common", func(f Facts) Result {
			switch {
			case !f.Settings.Read || f.Secrets.Shared == Unknown || len(f.Clients) == 0:
				return unknown("run this report as a user who may read the secrets", "not all secrets of the clients could be read")
			case f.Secrets.Shared == Yes:
				return fail("give each gateway a secret of its own", "two clients at least have one in common")
			}
			return pass("%s, each with secrets of its own", times(len(f.Clients), "client"))
		}},
	}
}
