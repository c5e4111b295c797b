"""Circle: what burns USDC on one chain, attests it, and mints it on the other."""
