//go:build !unix

package control

import "net"

// listenPrivate relies on the folder, which belongs to the user.
func listenPrivate(path string) (net.Listener, error) { return net.Listen("unix", path) }
