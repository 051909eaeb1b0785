// Package browser drives the operator's window in a real Chromium, as two people would who have different roles: the pages, live updates while
// logins run, sessions that end, refusals, and axe-core over all of it. It takes the screenshots of the docs (`make screenshots`). Its tests
// have the build tag interop; they fail where Chromium is missing.
//
// axe-core (axe/axe.min.js, version 4.14.1, MPL-2.0, axe/LICENSE) is taken unchanged from its npm package, and is part of no binary.
package browser
