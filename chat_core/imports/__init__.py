"""Take other products' exports into Wattline: read them, order them by client, write them as the bridge would."""
