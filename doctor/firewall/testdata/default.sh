#!/bin/sh
# Made by `ivalt-radius firewall` from the settings. Read it, then run it as root.
# SSH is let in from anywhere, so that nobody is locked out: narrow it with --ssh-from PREFIX.
# listen.accounting[0] is on the loopback interface, where everything may come in.
# listen.accounting[1] lets nobody in: no client has a network of its family.
# listen.admin lets nobody in but this host: name who may with --admin-network PREFIX.
set -e
ufw allow in proto tcp from any to any port 22 comment 'SSH from anywhere'
ufw allow in proto udp from 192.0.2.10 to any port 1812 comment 'RADIUS authentication from vpn'
ufw allow in proto udp from 10.0.0.0/8 to any port 1812 comment 'RADIUS authentication from office'
ufw allow in proto udp from 10.1.0.0/16 to any port 1812 comment 'RADIUS authentication from branch'
ufw allow in proto udp from 2001:db8:1::/48 to 2001:db8::1 port 1812 comment 'RADIUS authentication from vpn'
ufw default deny incoming
ufw default allow outgoing
ufw logging on
ufw --force enable
