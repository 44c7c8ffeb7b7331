"""Where bases are best placed, with proof."""
