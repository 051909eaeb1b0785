package attribute

// manual is our own table, in the form of the generated one: Cisco (9), Cisco ASA (3076), Fortinet (12356) and Palo Alto
// Networks (25461), as far as their gateways read these attributes in an Access-Accept.
const manual = `Cisco-AVPair 9 1 string
Cisco-Policy-Up 9 37 string
Cisco-Policy-Down 9 38 string
Cisco-In-ACL 9 57 string
Cisco-Out-ACL 9 58 string
Cisco-IPv6-In-ACL 9 61 string
Cisco-IPv6-Out-ACL 9 62 string
Cisco-Maximum-Time 9 194 integer
Cisco-IP-Pool-Definition 9 217 string
Cisco-Assign-IP-Pool 9 218 integer
Cisco-Maximum-Channels 9 235 integer
Cisco-Idle-Limit 9 244 integer
Cisco-Account-Info 9 250 string
Cisco-Service-Info 9 251 string
Cisco-Command-Code 9 252 string
Cisco-Control-Info 9 253 string
ASA-Simultaneous-Logins 3076 2 integer
ASA-Primary-DNS 3076 5 ipaddr
ASA-Secondary-DNS 3076 6 ipaddr
ASA-Primary-WINS 3076 7 ipaddr
ASA-Secondary-WINS 3076 8 ipaddr
ASA-Tunneling-Protocols 3076 11 integer
ASA-Banner1 3076 15 string
ASA-IPsec-Allow-Passwd-Store 3076 16 integer Disabled=0 Enabled=1
ASA-Group-Policy 3076 25 string
ASA-IPsec-Split-Tunnel-List 3076 27 string
ASA-IPsec-Default-Domain 3076 28 string
ASA-IPsec-Split-DNS-Names 3076 29 string
ASA-Banner2 3076 36 string
ASA-Authenticated-User-Idle-Timeout 3076 50 integer
ASA-IPsec-Split-Tunneling-Policy 3076 55 integer No-Split-Tunneling=0 Split-Tunneling=1 Local-LAN-Permitted=2
ASA-DHCP-Network-Scope 3076 61 ipaddr
ASA-WebVPN-Access-List 3076 73 string
ASA-WebVPN-Default-Homepage 3076 76 string
ASA-Tunnel-Group-Lock 3076 85 string
ASA-Access-List-Inbound 3076 86 string
ASA-Access-List-Outbound 3076 87 string
ASA-WebVPN-Customization 3076 113 string
ASA-WebVPN-Deny-Message 3076 116 string
ASA-IE-Proxy-PAC-URL 3076 133 string
ASA-VLAN 3076 140 integer
ASA-Member-Of 3076 145 string
ASA-WebVPN-VDI 3076 163 string
ASA-Address-Pools 3076 217 string
ASA-IPv6-Address-Pools 3076 218 string
ASA-IPv6-VPN-Filter 3076 219 string
ASA-Privilege-Level 3076 220 integer
Fortinet-Group-Name 12356 1 string
Fortinet-Client-IP-Address 12356 2 ipaddr
Fortinet-Vdom-Name 12356 3 string
Fortinet-Client-IPv6-Address 12356 4 octets
Fortinet-Interface-Name 12356 5 string
Fortinet-Access-Profile 12356 6 string
Fortinet-SSID 12356 7 string
Fortinet-AP-Name 12356 8 string
Fortinet-Webfilter-Category-Allow 12356 16 octets
Fortinet-Webfilter-Category-Block 12356 17 octets
Fortinet-Webfilter-Category-Monitor 12356 18 octets
Fortinet-AppCtrl-Category-Allow 12356 19 octets
Fortinet-AppCtrl-Category-Block 12356 20 octets
Fortinet-AppCtrl-Risk-Allow 12356 21 octets
Fortinet-AppCtrl-Risk-Block 12356 22 octets
Fortinet-FortiWAN-AVPair 12356 26 string
Fortinet-FDD-Access-Profile 12356 30 string
Fortinet-FDD-Trusted-Hosts 12356 31 string
Fortinet-FDD-SPP-Name 12356 32 string
Fortinet-FDD-Is-System-Admin 12356 33 string
Fortinet-FDD-Is-SPP-Admin 12356 34 string
Fortinet-FDD-SPP-Policy-Group 12356 35 string
Fortinet-FDD-Allow-API-Access 12356 36 string
Fortinet-Fpc-User-Role 12356 40 string
Fortinet-Tenant-Identification 12356 41 string
Fortinet-Host-Port-AVPair 12356 42 string
PaloAlto-Admin-Role 25461 1 string
PaloAlto-Admin-Access-Domain 25461 2 string
PaloAlto-Panorama-Admin-Role 25461 3 string
PaloAlto-Panorama-Admin-Access-Domain 25461 4 string
PaloAlto-User-Group 25461 5 string
PaloAlto-User-Domain 25461 6 string
PaloAlto-Client-Source-IP 25461 7 string
PaloAlto-Client-OS 25461 8 string
PaloAlto-Client-Hostname 25461 9 string
PaloAlto-GlobalProtect-Client-Version 25461 10 string
`
