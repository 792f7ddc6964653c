/*
 * What a service tells systemd (Type=notify, WatchdogSec=). Does nothing where no systemd listens.
 * Source: sd_notify(3), "Notes": the protocol is a datagram to $NOTIFY_SOCKET.
 */
#ifndef MUSTER_BASE_SDNOTIFY_H
#define MUSTER_BASE_SDNOTIFY_H

/* Sends lines such as "READY=1", "WATCHDOG=1", "STOPPING=1". */
void sdnotify_send(const char *state);

/* Sends WATCHDOG=1 where there is a watchdog and it is time to: cheap, to be called often. */
void sdnotify_alive(void);

/* How often the watchdog must hear of this process, in ms, with half of its time to spare; -1:
 * there is no watchdog. */
int sdnotify_watchdog_ms(void);

#endif
