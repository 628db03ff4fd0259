// Command vidiverse-desktop is the window over an edge node: it runs a node in
// this process, or talks to the one that already runs for this user, and shows
// the pages of package ui. Only wiring lives here; it is the only program that
// opens windows.
//
// Exit status: 0 the window was closed, 1 it could not be opened, 2 the command
// line is wrong.
package main

// version is set by the build.
var version = "dev"
