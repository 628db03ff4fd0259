package socket

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Packets of Engine.IO 4, each one message of a WebSocket, or between record
// separators in the body of a request.
const (
	eioOpen    = '0'
	eioClose   = '1'
	eioPing    = '2'
	eioPong    = '3'
	eioMessage = '4'
	eioUpgrade = '5'
	eioNoop    = '6'

	separator = "\x1e"
)

// Packets of Socket.IO 5, inside an Engine.IO message.
const (
	sioConnect      = '0'
	sioDisconnect   = '1'
	sioEvent        = '2'
	sioAck          = '3'
	sioConnectError = '4'
)

// Bounds of what a client may send at once.
const (
	maxPayload   = 16 << 10 // bytes of a message, or of the body of a request
	maxPackets   = 64       // in one body
	maxNamespace = 64
	maxArguments = 8 // of an event
)

var errPacket = errors.New("socket: not a packet")

// split takes the body of a request apart.
func split(body string) ([]string, error) {
	if body == "" || strings.Count(body, separator) >= maxPackets {
		return nil, errPacket
	}
	return strings.Split(body, separator), nil
}

// message is a packet of Socket.IO.
type message struct {
	kind      byte
	namespace string // begins with a slash
	event     string
	data      json.RawMessage // of a connect: what it shows; of an event: its first argument
}

// readMessage reads what an Engine.IO message carries. Binary packets, and
// acknowledgements of what was never asked, are refused.
func readMessage(s string) (m message, err error) {
	if s == "" || len(s) > maxPayload || !utf8.ValidString(s) {
		return m, errPacket
	}
	m.kind, m.namespace = s[0], "/"
	if m.kind != sioConnect && m.kind != sioDisconnect && m.kind != sioEvent {
		return m, errPacket
	}
	rest := s[1:]
	if strings.HasPrefix(rest, "/") {
		name, after, _ := strings.Cut(rest, ",")
		name, _, _ = strings.Cut(name, "?") // a query belongs to the handshake
		if len(name) > maxNamespace || strings.ContainsFunc(name, notInNames) {
			return m, errPacket
		}
		m.namespace, rest = name, after
	}
	rest = strings.TrimLeft(rest, "0123456789") // the number of a wanted answer: there are none
	if m.kind == sioEvent {
		return m, m.readEvent(rest)
	}
	if rest != "" && !json.Valid([]byte(rest)) {
		return m, errPacket
	}
	m.data = json.RawMessage(rest)
	return m, nil
}

func notInNames(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '/'
}

func (m *message) readEvent(s string) error {
	var arguments []json.RawMessage
	if err := json.Unmarshal([]byte(s), &arguments); err != nil || len(arguments) == 0 || len(arguments) > maxArguments {
		return errPacket
	}
	if err := json.Unmarshal(arguments[0], &m.event); err != nil {
		return errPacket
	}
	if len(arguments) > 1 {
		m.data = arguments[1]
	}
	return nil
}

// write makes the Engine.IO message of a packet; data is JSON or empty.
func write(kind byte, namespace string, data string) string {
	head := string([]byte{eioMessage, kind})
	if namespace != "/" {
		head += namespace + ","
	}
	return head + data
}

// eventPacket is the packet of an event with one argument; without data, with none.
func eventPacket(namespace, name string, data []byte) string {
	arguments := strconv.Quote(name)
	if len(data) > 0 {
		arguments += "," + string(data)
	}
	return write(sioEvent, namespace, "["+arguments+"]")
}

func refusal(namespace, why string) string {
	return write(sioConnectError, namespace, `{"message":`+strconv.Quote(why)+`}`)
}
