// Package carried is what a process tells the one that takes its place about its logins, so that none is lost and no phone rings twice: which
// attempts wait and how far each has come, which Accepts may still be joined, which questions are open. It holds no password and no mobile; of a
// packet that must be judged anew it holds the octets, as they came.
package carried
