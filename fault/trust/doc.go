// Package trust is by which authorities the certificate of a service is judged that we ask, as its settings say.
package trust
