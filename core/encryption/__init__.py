"""Encryption at rest: what a stolen disk, backup or copy of the database does not tell.

- `keys`: the numbered keys of the environment, and the key of the blind indexes;
- `cipher`: bytes encrypted for one place (`encrypt`, `decrypt`), the error `DecryptionError`;
- `fields`: encrypted columns, which read and write as plain ones and cannot be searched;
- `blind_index`: keyed digests by which encrypted columns are searched all the same;
- `indexes`: the columns that hold them;
- `files`: files encrypted in chunks, each with a key of its own, which a row keeps;
- `stored_keys`: which keys the database needs, checked at the start of every process;
- `rewriting`: what is stored made anew: encrypted, with another key, with another index key.

Decisions 0047 and 0048 say why.
"""
