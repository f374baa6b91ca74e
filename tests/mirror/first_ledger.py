"""A ledger as version 1 of its tables was, with one confirmed dataset and a run that broke off."""

from __future__ import annotations

FIRST_VERSION = """
create table imss_mirror_about (engine_version integer primary key);
insert into imss_mirror_about values (1);
create table imss_mirror_run (
    id text primary key, target text not null, started timestamp not null,
    heartbeat timestamp not null, finished timestamp, host text not null,
    process integer not null, exit_code integer, summary json
);
create table imss_mirror_dataset (
    target text not null, dataset_id text not null, dataset_name text not null,
    remote_name text not null, remote_id text, release_id text not null, digest text not null,
    action text not null, state text not null, private boolean, withdrawn boolean not null,
    error text not null, run_id text not null, planned timestamp, sent timestamp,
    confirmed timestamp, primary key (target, dataset_id)
);
create table imss_mirror_file (
    target text not null, dataset_id text not null, identifier text not null,
    remote_id text not null, sha256 text not null, size bigint not null,
    fingerprint text not null, primary key (target, dataset_id, identifier)
);
insert into imss_mirror_run (id, target, started, heartbeat, host, process) values
    ('run-1', 'target', '2026-10-01 00:00:00', '2026-10-01 00:00:00', 'elsewhere', 1);
insert into imss_mirror_dataset values
    ('target', 'id-uno', 'uno', 'uno', 'remote', 'release-1', 'd', 'create', 'confirmed',
     true, false, 'no se pudo', 'run-1', null, null, '2026-10-01 00:00:00');
insert into imss_mirror_file values
    ('target', 'id-uno', 'r1', 'remote-r1',
     'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 3,
     'uno.csv
hoy
3
');
"""
