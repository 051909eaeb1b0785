// Package servers runs what nodes share their memory on, for tests: redis-server, alone, under three sentinels, or as a Redis Cluster. A test stops,
// pauses and starts them, and asks them by redis-cli. Each has a folder of its own, and a port that stays the same over restarts.
package servers
