// Package cluster runs several nodes on one memory: the parts of state/redis, and the real binary, on real servers of Debian's (redis-server,
// redis-sentinel) that the tests start, pause, kill and cut off.
//
// The tests stand behind the build tag `interop`; they fail where a program is missing. Each has servers of its own, in a folder of its own, on free ports
// of the loopback interface.
package cluster
