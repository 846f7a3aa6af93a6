"""What a call from a test may reach: code that starts a loop.

A test that becomes a coroutine function runs inside a loop. Sync code that it
calls then finds one running, and ``asyncio.run`` raises.
"""

from awaitify_codemods.facts.reach.answers import Reach

__all__ = ["Reach"]
