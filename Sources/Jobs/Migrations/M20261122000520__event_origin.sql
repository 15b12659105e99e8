-- Where the request came from that caused it; null for what happens in the background. For the audit log.
ALTER TABLE outbox
    ADD address text CHECK (octet_length(address) <= 64),
    ADD request_id text CHECK (length(request_id) <= 128);
