"""Formats of what a node keeps on disk: frames, segments, snapshots. No policy; the node decides when."""
