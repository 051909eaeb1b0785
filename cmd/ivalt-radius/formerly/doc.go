// Package formerly keeps what the settings were, redacted, so that the next start can tell what changed while no server ran.
package formerly
