#!/bin/sh
# Made by `ivalt-radius firewall` from the settings. Read it, then run it as root.
# listen.accounting[0] is on the loopback interface, where everything may come in.
# listen.accounting[1] lets nobody in: no client has a network of its family.
# What goes out is bound to ports: host names are no part of a rule, and are not resolved here.
set -e
ufw allow in proto tcp from 198.51.100.0/24 to any port 2222 comment 'SSH'
ufw allow in proto tcp from 2001:db8:2::/48 to any port 2222 comment 'SSH'
ufw allow in proto udp from 192.0.2.10 to any port 1812 comment 'RADIUS authentication from vpn'
ufw allow in proto udp from 10.0.0.0/8 to any port 1812 comment 'RADIUS authentication from office'
ufw allow in proto udp from 10.1.0.0/16 to any port 1812 comment 'RADIUS authentication from branch'
ufw allow in proto udp from 2001:db8:1::/48 to 2001:db8::1 port 1812 comment 'RADIUS authentication from vpn'
ufw allow in proto tcp from 198.51.100.7 to 192.0.2.20 port 9812 comment 'health'
ufw default deny incoming
ufw allow out proto udp from any to any port 53 comment 'DNS'
ufw allow out proto tcp from any to any port 443 comment 'iVALT'
ufw allow out proto udp from any to 10.0.0.5 port 1812 comment 'upstream RADIUS'
ufw allow out proto udp from any to 2001:db8::5 port 1812 comment 'upstream RADIUS'
ufw allow out proto udp from any to 192.0.2.10 port 3799 comment 'Disconnect-Request'
ufw allow out proto udp from any to 2001:db8:1::/48 port 3799 comment 'Disconnect-Request'
ufw default deny outgoing
ufw logging on
ufw --force enable
