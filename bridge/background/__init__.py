"""Do the bridge's work beside messages: scheduled jobs and housekeeping."""
