alter table shipment add column recipient {bytes};
