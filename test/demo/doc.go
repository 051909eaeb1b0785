// Package main is the demo: the real binary beside a simulated iVALT, and six logins over real UDP packets. It prints who
// got which verdict, why, how long it took and how many pushes it cost, and fails where any of it is not what it must be.
package main
