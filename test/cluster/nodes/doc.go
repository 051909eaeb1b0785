// Package nodes holds several server processes on one Redis to what a user of them is promised: it runs the real binary against a real redis-server,
// redis-sentinel and Redis Cluster, speaks RADIUS to it as a gateway does that has two servers, and looks at what the cloud saw.
//
// The scenes are one trouble each. The hammer is all of them at random: logins with retries to any node, nodes that are killed and stopped, a memory that
// is cut off, paused and lost; package history judges what happened. `make hammer HAMMER=1h` plays it for longer than CI does. `make bench-cluster`
// measures.
//
// Each node reaches Redis through a wire of its own, a relay on loopback that can cut, delay, throttle and heal its way: a partition that needs no root.
// One test makes network namespaces, with netem's loss and delay on the wires.
package nodes
