"""From text to one canonical routes table: transcript, detection, template, normalisation."""
