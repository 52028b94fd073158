"""Tests of ecmpaudit: fixtures/ are real outputs, lab/ real daemons, bench/ speed."""
