// Package people is the command `people`: of whom something is remembered that decides their next login, and how it is forgotten. Only a running
// server knows. What is read and what is forgotten is in the trail before, with who and why.
package people
