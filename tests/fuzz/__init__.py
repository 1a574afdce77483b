"""Damaged files by the thousand, for every reader there is.

A random flip of a byte seldom comes far: a checksum finds it. So the makers here know the formats. They write files
that are whole but for a size in a header, a name, a number, one instruction of a pickle; only then are some damaged
blindly as well. Input ``number`` of seed ``seed`` is always the same.
"""
