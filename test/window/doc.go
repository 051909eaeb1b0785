// Package window holds what the operator's window says against what the commands say, which neither of them can do: the window knows no command.
package window
