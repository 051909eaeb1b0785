// Package judgement asks policy about a person under every name that there is for them. Pure.
package judgement
