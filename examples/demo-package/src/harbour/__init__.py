"""What a small harbour charges for a berth."""

from harbour.tariff import berth_fee

__all__ = ["berth_fee"]
