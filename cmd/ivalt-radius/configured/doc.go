// Package configured is the settings as commands know them that work beside a server: without its secrets.
package configured
