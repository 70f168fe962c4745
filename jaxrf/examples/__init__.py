"""Small models to try jaxrf on, as a user would write them.

    jaxrf field jaxrf.examples:unet --shape 1,64,64,1
    jaxrf field jaxrf.examples:resnet50 --shape 1,224,224,3
    jaxrf field jaxrf.examples:denoiser --shape 1,32,32,3 --shape 1,16 --wrt time
    jaxrf erf jaxrf.examples:stack10 --shape 1,41,41,3 --samples 64

No module of the package may be called like one of the models, which it would hide.
"""

from jaxrf.examples.plain_stack import Stack, stack10, stack40
from jaxrf.examples.resnet50_plain import resnet50
from jaxrf.examples.small_unet import UNet, unet
from jaxrf.examples.two_inputs import Denoiser, denoiser

__all__ = ["Denoiser", "Stack", "UNet", "denoiser", "resnet50", "stack10", "stack40", "unet"]
