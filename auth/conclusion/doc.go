// Package conclusion makes a login's verdict of what policy decided, what was shown, and what went wrong. It is pure, and the only home of fail modes.
package conclusion
