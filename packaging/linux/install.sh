#!/bin/sh
# Puts Vidiverse where the desktop finds it: ~/.local by default, or the folder
# given (/usr/local for everybody). "install.sh --remove [FOLDER]" takes it away.
set -eu
cd "$(dirname "$0")"
remove=
if [ "${1:-}" = --remove ]; then remove=1; shift; fi
to=${1:-$HOME/.local}
find bin share -type f | while read -r file; do
	if [ -n "$remove" ]; then
		rm -f "$to/$file"
	else
		mkdir -p "$to/$(dirname "$file")"
		cp "$file" "$to/$file"
	fi
done
if [ -z "$remove" ]; then
	echo "installed in $to; to play videos, install libmpv2 (Debian, Ubuntu) or mpv-libs (Fedora)"
	case ":$PATH:" in *":$to/bin:"*) ;; *) echo "$to/bin is not in PATH: start $to/bin/vidiverse-desktop" ;; esac
fi
