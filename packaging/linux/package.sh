#!/bin/sh
# Packages the built programs: a .deb for each, and a tar.xz of the desktop app
# for other systems. Needs dpkg-deb and xz.
#
#   packaging/linux/package.sh VERSION OUT
#
# VERSION is what git describes. The programs are in BIN (bin); LEVEL is that of
# xz (6).
set -eu
cd "$(dirname "$0")/../.."
version=${1#v} out=$2 bin=${BIN:-bin} level=${LEVEL:-6}
case $version in [0-9]*.[0-9]*) ;; *) version=0.0~$version ;; esac # a bare commit is no version of Debian's
arch=$(dpkg --print-architecture)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT INT TERM
mkdir -p "$out"

# doc ROOT PACKAGE: what every package carries.
doc() {
	install -Dm644 LICENSE "$1/share/doc/$2/copyright"
	install -Dm644 README.md "$1/share/doc/$2/README.md"
	install -Dm644 CHANGELOG.md "$1/share/doc/$2/CHANGELOG.md"
}

# desktop ROOT: the app where a desktop looks for it.
desktop() {
	install -Dm755 "$bin/vidiverse-desktop" "$1/bin/vidiverse-desktop"
	install -Dm644 packaging/linux/vidiverse.desktop "$1/share/applications/vidiverse.desktop"
	install -Dm644 packaging/icons/vidiverse.svg "$1/share/icons/hicolor/scalable/apps/vidiverse.svg"
	install -Dm644 packaging/icons/vidiverse.png "$1/share/icons/hicolor/256x256/apps/vidiverse.png"
	doc "$1" vidiverse-desktop
}

# deb PACKAGE: packs $stage/PACKAGE; further control lines come from stdin.
deb() {
	mkdir -p "$stage/$1/DEBIAN"
	{
		echo "Package: $1"
		echo "Version: $version"
		echo "Architecture: $arch"
		echo "Maintainer: Vidiverse <vidiverse@localhost>"
		echo "Installed-Size: $(du -sk "$stage/$1/usr" | cut -f1)"
		echo "Priority: optional"
		cat
	} >"$stage/$1/DEBIAN/control"
	(cd "$stage/$1" && find usr -type f -exec md5sum {} +) >"$stage/$1/DEBIAN/md5sums"
	dpkg-deb --root-owner-group -Zxz "-z$level" --build "$stage/$1" "$out/$1_${version}_$arch.deb" >/dev/null
	echo "$out/$1_${version}_$arch.deb"
}

install -Dm755 "$bin/vidiverse" "$stage/vidiverse/usr/bin/vidiverse"
install -Dm644 packaging/config/production.yaml.example "$stage/vidiverse/usr/share/doc/vidiverse/production.yaml.example"
doc "$stage/vidiverse/usr" vidiverse
deb vidiverse <<'CONTROL'
Section: video
Recommends: ffmpeg
Description: video server and edge node of the PeerTube network
 "vidiverse instance" is a PeerTube-compatible server in one program;
 "vidiverse node" keeps videos of servers you follow and gives them to
 the people who watch there.
CONTROL

desktop "$stage/vidiverse-desktop/usr"
deb vidiverse-desktop <<'CONTROL'
Section: video
Depends: libc6, libgl1, libx11-6, libxcursor1, libxrandr2, libxinerama1, libxi6, libxxf86vm1
Recommends: libmpv2 | libmpv1, ffmpeg
Suggests: fonts-noto-cjk
Description: watch videos of PeerTube servers, and help others watch
 A window for the videos of PeerTube and Vidiverse servers. If you agree,
 what you watched goes on to others who watch it, within your limits.
CONTROL

tree=vidiverse-desktop-$version-linux-$arch
desktop "$stage/$tree"
install -m755 packaging/linux/install.sh "$stage/$tree/install.sh"
XZ_OPT=-$level tar -C "$stage" --owner=0 --group=0 --sort=name -cJf "$out/$tree.tar.xz" "$tree"
echo "$out/$tree.tar.xz"
