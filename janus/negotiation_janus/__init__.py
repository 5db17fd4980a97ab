"""Janus: one frozen language model steered by the scalar rho, the numeric policy beside it, and their evaluation."""

import logging
import warnings

# Where it is installed, bitsandbytes warns of a kernel on a hub that nothing here asks for, and PEFT calls what
# transformers will rename. Neither is the user's to mend.
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)
warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
