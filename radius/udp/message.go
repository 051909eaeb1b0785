package udp

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Where the parts of a control message stand: see cmsg(3), ip(7) and ipv6(7). Its header is length, level and type.
const (
	cmsgLevel = unix.SizeofPtr
	cmsgType  = unix.SizeofPtr + 4
	specDst   = 4 // in struct in_pktinfo, behind the interface
	ipv4Addr  = 8 // in struct in_pktinfo, the header's destination
)

// arrival finds the address that was asked in a control message; the zero Addr where there is none.
func arrival(oob []byte) netip.Addr {
	head := unix.CmsgLen(0)
	for len(oob) >= head {
		size := int(binary.NativeEndian.Uint64(oob)) //nolint:gosec // judged in the next line
		if size < head || size > len(oob) {
			return netip.Addr{}
		}
		level := binary.NativeEndian.Uint32(oob[cmsgLevel:])
		typ := binary.NativeEndian.Uint32(oob[cmsgType:])
		data := oob[head:size]
		switch {
		case level == unix.IPPROTO_IP && typ == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
			return netip.AddrFrom4([4]byte(data[ipv4Addr : ipv4Addr+4]))
		case level == unix.IPPROTO_IPV6 && typ == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
			return netip.AddrFrom16([16]byte(data[:16]))
		}
		oob = oob[min(unix.CmsgSpace(size-head), len(oob)):]
	}
	return netip.Addr{}
}

// departure is the control message that sends from an address.
func departure(local netip.Addr) []byte {
	head := unix.CmsgLen(0)
	if local.Is4() {
		oob := cmsg(unix.IPPROTO_IP, unix.IP_PKTINFO, unix.SizeofInet4Pktinfo)
		addr := local.As4()
		copy(oob[head+specDst:], addr[:])
		return oob
	}
	oob := cmsg(unix.IPPROTO_IPV6, unix.IPV6_PKTINFO, unix.SizeofInet6Pktinfo)
	addr := local.As16()
	copy(oob[head:], addr[:])
	return oob
}

func cmsg(level, typ uint32, size int) []byte {
	oob := make([]byte, unix.CmsgSpace(size))
	binary.NativeEndian.PutUint64(oob, uint64(unix.CmsgLen(size))) //nolint:gosec // a few octets
	binary.NativeEndian.PutUint32(oob[cmsgLevel:], level)
	binary.NativeEndian.PutUint32(oob[cmsgType:], typ)
	return oob
}
