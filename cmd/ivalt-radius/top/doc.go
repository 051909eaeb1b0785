// Package top is the command `top`: a live view of the running server in a terminal. It asks over the control socket for what the window shows too.
package top
