"""Personal data in disguise: separators, small letters, lost zeros, quotes, wrong names."""

# One case a line: they are a table to be read down.
# ruff: noqa: E501
# fmt: off

from __future__ import annotations

from stdnum.mx import curp

from personal_corpus.cases import Maker, fills


@fills()
def written_otherwise(maker: Maker) -> None:
    people = maker.crowd.people(40)

    def table(name: str, kind: str, value: object, header: str = "id,dato,monto", label: str = "block") -> None:
        maker.add(name, label, kind, header, [(n, value(p), n * 3) for n, p in enumerate(people, 1)])  # type: ignore[operator]

    table("curp_small_letters", "curp", lambda p: p.curp.lower())
    table("curp_hyphens", "curp", lambda p: f"{p.curp[:4]}-{p.curp[4:10]}-{p.curp[10:]}")
    table("curp_spaces", "curp", lambda p: f" {p.curp[:4]} {p.curp[4:10]} {p.curp[10:16]} {p.curp[16:]} ")
    table("curp_quotes", "curp", lambda p: f'"{p.curp}"')
    table("curp_apostrophe", "curp", lambda p: f"'{p.curp}")
    table("curp_slashes", "curp", lambda p: f"{p.curp[:4]}/{p.curp[4:10]}/{p.curp[10:]}")
    table("curp_glued_prefix", "curp", lambda p: f"CURP:{p.curp}")
    table("curp_glued_number", "curp", lambda p: f"{p.seed % 1000:03d}{p.curp}")
    table("curp_underscore", "curp", lambda p: f"exp_{p.curp}_2026.pdf", "id,archivo_adjunto,monto")
    table("curp_two_in_a_cell", "curp", lambda p: f"{p.curp},{people[0].curp}")
    table("curp_zero_width", "curp", lambda p: p.curp[:9] + "\u200b" + p.curp[9:])
    table("curp_full_width", "curp", lambda p: "".join(chr(ord(c) + 0xFEE0) for c in p.curp))
    table("curp_wrong_digit", "curp", lambda p: p.curp[:17] + str((int(p.curp[17]) + 1) % 10))
    table("curp_misleading", "curp", lambda p: p.curp, "clues,nombre_de_la_unidad,total")
    table("curp_sex_x", "curp", lambda p: (b := p.curp[:10] + "X" + p.curp[11:17]) + curp.calc_check_digit(b))
    table("rfc_small_hyphens", "rfc-person", lambda p: f"{p.rfc[:4]}-{p.rfc[4:10]}-{p.rfc[10:]}".lower())
    table("rfc_ten_places_named", "rfc-person", lambda p: p.rfc[:10], "id,rfc,monto")
    table("rfc_ten_places_silent", "rfc-person", lambda p: p.rfc[:10])
    table("nss_lost_zero", "nss", lambda p: str(int(p.nss)))
    table("nss_hyphens", "nss", lambda p: f"{p.nss[:2]}-{p.nss[2:4]}-{p.nss[4:6]}-{p.nss[6:10]}-{p.nss[10]}")
    table("clabe_lost_zero", "clabe", lambda p: str(int(p.clabe)))
    table("clabe_spaces", "clabe", lambda p: f"{p.clabe[:3]} {p.clabe[3:6]} {p.clabe[6:17]} {p.clabe[17]}")
    table("card_groups", "card", lambda p: " ".join(p.card[n : n + 4] for n in range(0, 16, 4)))
    table("card_hyphens", "card", lambda p: "-".join(p.card[n : n + 4] for n in range(0, 16, 4)))
    table("email_capitals", "email", lambda p: p.email.upper())
    table("passport_named", "id-document", lambda p: p.passport, "id,numero_de_pasaporte,monto")
    table("voter_key_hyphens", "id-document", lambda p: f"{p.voter_key[:6]}-{p.voter_key[6:14]}-{p.voter_key[14:]}")
    table("date_of_birth_words", "birth-date", lambda p: f"{p.birth.day} de {('enero','febrero','marzo','abril','mayo','junio','julio','agosto','septiembre','octubre','noviembre','diciembre')[p.birth.month - 1]} de {p.birth.year}", "id,dob,monto")
    table("name_and_number", "person-name", lambda p: p.full.upper(), "id,nombre_del_responsable_de_la_familia,monto")


@fills()
def hidden_among_others(maker: Maker) -> None:
    chance = maker.chance
    rows = [(n, f"INV{chance.randint(10**8, 10**9)}", "Escritorio") for n in range(150)]
    rows[77] = (77, maker.crowd.person().curp, "Escritorio")
    maker.add("one_curp_among_inventory", "block", "curp", "numero,clave_del_bien,descripcion", rows)
    rows = [(n, "Hospital General", f"Mantenimiento del equipo {n}") for n in range(150)]
    rows[3] = (3, "Hospital General", f"Solicita {maker.crowd.person().curp} revisión")
    maker.add("one_curp_in_text", "block", "curp", "numero,unidad,actividad", rows)
    rows = [(n, f"{chance.choice('ABC')}{chance.randint(100, 999)}", "" if n % 10 else maker.crowd.person().rfc) for n in range(150)]
    maker.add("sparse_rfc", "block", "rfc-person", "numero,clave,anexo", rows)
    people = maker.crowd.people(40)
    maker.add("names_in_facility_table", "block", "person-name", "clues,unidad_medica,paciente", [("MCIMB00012", "Hospital General de Toluca", p.full) for p in people])
    maker.add("telephone_of_named_people", "block", "person-name", "nombre,telefono,unidad_medica", [(p.full, p.telephone, "Centro de Salud La Loma") for p in people])
    maker.add("account_note", "block", "clabe", "id,nota", [(n, f"cuenta {p.clabe}") for n, p in enumerate(people)])
    maker.add("mixed_identifiers", "block", "curp", "id,identificador", [(n, p.curp if n % 2 else p.rfc) for n, p in enumerate(people)])
    maker.add("tabs", "block", "curp", "id,x,y", [(n, p.curp, "z") for n, p in enumerate(people)], delimiter="\t")
    maker.add("family_members", "block", "kinship", "integrante_de_la_familia,ingreso", [(p.full, 1000) for p in people])
    maker.add("small_cells_by_disease", "review", "small-cells", "municipio,enfermedad,sexo,casos", [(m, d, s, chance.choice((0, 1, 2, 7, 15))) for m in ("Toluca", "Lerma", "Metepec") for d in ("VIH", "Tuberculosis", "Sífilis") for s in ("Hombre", "Mujer")])
    maker.add("age_sex_place_rows", "review", "combination", "edad,sexo,municipio,ocupacion", [(p.age, p.sex, chance.choice(("Toluca", "Lerma", "Metepec", "Almoloya")), chance.choice(("Comercio", "Campo", "Hogar"))) for p in maker.crowd.people(60)])
