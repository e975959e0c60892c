"""What the bridge does beside messages: scheduled jobs and housekeeping."""
