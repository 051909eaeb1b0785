// Package clientele is what the page shows of the RADIUS clients: the document of `clients list --json`, and what it means. Pure.
package clientele
