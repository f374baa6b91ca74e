"""Tables that must not be published: each kind by its name, by its values, by both."""

# One case a line: they are a table to be read down.
# ruff: noqa: E501
# fmt: off

from __future__ import annotations

from personal_corpus.cases import Maker, fills
from personal_corpus.people import bare

IDENTIFIERS = {
    # kind: (name of the corpus, attribute, telling headers, headers that say nothing)
    "curp": ("curp", ("CURP", "curp_del_paciente", "Clave Única de Registro de Población"), ("dato", "c2", "observacion")),
    "nss": ("nss", ("NSS", "numero_de_seguridad_social", "no_afiliacion"), ("clave", "c2", "referencia")),
    "rfc-person": ("rfc", ("rfc_del_trabajador", "RFC", "rfc_homoclave"), ("clave", "c2", "registro")),
    "clabe": ("clabe", ("CLABE", "cuenta_clabe", "clabe_interbancaria"), ("referencia", "c2", "numero")),
    "card": ("card", ("numero_de_tarjeta", "tarjeta_bancaria", "credit_card"), ("referencia", "c2", "plastico")),
    "id-document": ("voter_key", ("clave_de_elector", "CLAVE ELECTOR", "clave_elector_ine"), ("dato", "c2", "registro")),
    "email": ("email", ("correo_personal", "correo_electronico_del_paciente", "email_beneficiario"), ("contacto", "c2", "medio")),
}


def _note(maker: Maker) -> str:
    return maker.chance.choice(
        ("Se entregó el apoyo en tiempo y forma.", "Pendiente de revisar.", "Sin observaciones.", "Cita reprogramada para la próxima semana.", "Equipo en buen estado, sin novedad.", "Se canaliza al segundo nivel de atención.", "Reporte mensual capturado.", "Expediente completo.")
    )


@fills()
def identifiers(maker: Maker) -> None:
    for kind, (attribute, telling, silent) in IDENTIFIERS.items():
        for number, header in enumerate((*telling, *silent)):
            people = maker.crowd.people(40)
            rows = [(n, getattr(p, attribute), maker.chance.randint(1, 900)) for n, p in enumerate(people, 1)]
            maker.add(f"{kind}_{number}_{'named' if header in telling else 'silent'}", "block", kind, ("id", header, "valor"), rows)
        header_only = telling[0] if kind != "email" else "correo_personal"
        if kind not in ("rfc-person", "clabe"):
            maker.add(f"{kind}_header_only", "block", kind, ("id", header_only, "valor"), [])


@fills()
def identifiers_in_notes(maker: Maker) -> None:
    sentences = {
        "curp": ("La persona con CURP {} acudió a consulta.", "curp"),
        "nss": ("Se verifica NSS {} en ventanilla.", "nss"),
        "clabe": ("Depositar a la CLABE {} antes del viernes.", "clabe"),
        "card": ("Pago con tarjeta {} en caja.", "card"),
        "email": ("Escribe desde {} y pide informes.", "email"),
        "id-document": ("Presentó pasaporte {} vigente.", "passport"),
        "phone": ("Dejó su cel. {} para recados.", "telephone"),
        "rfc-person": ("Factura a nombre de {} por la consulta.", "rfc"),
        "birth-date": ("Paciente que nació el {} en esta clínica.", "birth"),
        "address": ("Vive en {} desde hace un año.", "address"),
        "person-name": ("La paciente {} acudió a su cita.", "full"),
    }
    for kind, (sentence, attribute) in sentences.items():
        for share in (0.05, 0.3):
            rows = []
            count = int(120 * share)
            chosen = set(maker.chance.sample(range(120), count))
            for n in range(120):
                person = maker.crowd.person()
                text = sentence.format(getattr(person, attribute)) if n in chosen else _note(maker)
                rows.append((n + 1, f"2026-0{maker.chance.randint(1, 9)}-{maker.chance.randint(10, 28)}", text))
            maker.add(f"notes_{kind}_{int(share * 100)}_percent", "block", kind, "folio_reporte,fecha_reporte,observaciones", rows)


@fills()
def names(maker: Maker) -> None:
    def table(name: str, header: str, row: object, label: str = "block", count: int = 35) -> None:
        people = maker.crowd.people(count)
        maker.add(name, label, "person-name", header, [row(n, p) for n, p in enumerate(people, 1)])  # type: ignore[operator]

    table("names_whole", "id,nombre,monto", lambda n, p: (n, p.full, n * 100))
    table("names_surnames_first", "id,nombre,monto", lambda n, p: (n, p.surnames_first.upper(), n * 100))
    table("names_bare_capitals", "id,beneficiario,monto", lambda n, p: (n, bare(p.full), n * 100))
    table("names_small_letters", "id,persona,monto", lambda n, p: (n, p.full.lower(), n * 100))
    table("names_with_comma", "id,nombre,monto", lambda n, p: (n, f"{p.paternal} {p.maternal}, {p.given}", n * 100))
    table("names_with_title", "id,nombre,monto", lambda n, p: (n, f"Sra. {p.full}" if p.sex == "M" else f"Sr. {p.full}", n * 100))
    table("names_one_surname", "id,nombre,monto", lambda n, p: (n, f"{p.given} {p.paternal}", n * 100))
    table("names_silent_header", "c1,c2,c3", lambda n, p: (n, p.full, n * 100))
    table("names_misleading_header", "id,descripcion_del_apoyo,monto", lambda n, p: (n, p.full, n * 100))
    table("names_misleading_concept", "id,concepto_de_pago,monto", lambda n, p: (n, p.full.upper(), n * 100))
    table("names_split_three", "nombre,apellido_paterno,apellido_materno", lambda n, p: (p.given, p.paternal, p.maternal))
    table("names_split_silent", "c1,c2,c3,c4", lambda n, p: (n, p.given, p.paternal, p.maternal))
    table("names_split_upper", "A,B,C,D", lambda n, p: (n, bare(p.paternal), bare(p.maternal), bare(p.given)))
    table("names_split_two", "id,nombre,apellidos,importe", lambda n, p: (n, p.given, f"{p.paternal} {p.maternal}", n))
    table("names_english", "first_name,last_name,amount", lambda n, p: (p.given, p.paternal, n))
    table("names_abbreviated", "Nom,Ap. Pat.,Ap. Mat.,Monto", lambda n, p: (p.given, p.paternal, p.maternal, n))
    table("names_patient", "paciente,servicio", lambda n, p: (p.full, "Urgencias"))
    table("names_few_rows", "id,nombre_del_paciente", lambda n, p: (n, p.full), count=2)
    table("names_paid", "beneficiario,municipio,monto_otorgado", lambda n, p: (p.full, "Toluca", 1500))
    table("names_among_companies", "id,beneficiario,monto", lambda n, p: (n, p.full if n % 4 == 0 else f"Grupo {p.paternal} S.A. de C.V.", n * 10))


@fills()
def padron(maker: Maker) -> None:
    def rows(count: int, *fields: str, **limits: int) -> list[list[object]]:
        return [[getattr(p, f) if isinstance(f, str) else f for f in fields] for p in maker.crowd.people(count, **limits)]

    maker.add("padron_header_only_own_words", "block", "curp", "folio,curp,nombre,primer_apellido,segundo_apellido,fecha_nacimiento,sexo,domicilio,telefono,clues_adscripcion", [])
    maker.add("padron_header_only_abbreviated", "block", "birth-date", "Fol,Nom. Benef.,Ap. Pat.,Ap. Mat.,Fec. Nac.,Tel. Cel.,Dom.", [])
    maker.add("padron_header_only_english", "block", "birth-date", "id,first_name,last_name,date_of_birth,gender,home_address,phone_number", [])
    maker.add("padron_header_only_camel", "block", "birth-date", "idBeneficiario,nombreCompleto,fechaNacimiento,claveElector", [])
    maker.add("padron_header_only_glued", "block", "birth-date", "nombrecompleto,fechanacimiento,numerotarjeta", [])
    maker.add("padron_full", "block", "curp", "curp,nombre,primer_apellido,segundo_apellido,fecha_de_nacimiento,sexo,domicilio,telefono", rows(60, "curp", "given", "paternal", "maternal", "birth", "sex", "address", "telephone"))
    maker.add("padron_no_header_words", "block", "curp", "c1,c2,c3,c4,c5", rows(60, "curp", "full", "birth", "address", "telephone"))
    maker.add("padron_semicolon_latin", "block", "curp", "CURP,Nombre,Teléfono", rows(40, "curp", "full", "telephone"), delimiter=";", encoding="latin-1")
    maker.add("padron_first_row_as_header", "block", "curp", [str(x) for x in rows(1, "curp", "full", "birth")[0]], rows(40, "curp", "full", "birth"))
    maker.add("padron_without_identifiers", "block", "address", "nombre,edad,sexo,direccion,telefono", rows(40, "full", "age", "sex", "address", "telephone"))
    maker.add("birth_sex_locality", "block", "birth-date", "fecha_de_nacimiento,sexo,municipio", [(p.birth, p.sex, maker.chance.choice(("Toluca", "Metepec", "Lerma", "Zinacantepec"))) for p in maker.crowd.people(80)])
    maker.add("birth_silent", "block", "birth-date", "fecha,sexo,municipio", [(p.birth, p.sex, maker.chance.choice(("Toluca", "Metepec", "Lerma"))) for p in maker.crowd.people(80)])
    maker.add("birth_day_first", "block", "birth-date", "id,fec_nac,importe", [(n, f"{p.birth:%d/%m/%Y}", n) for n, p in enumerate(maker.crowd.people(50))])
    maker.add("home_addresses", "block", "address", "folio,domicilio,apoyo", [(n, p.address, "Despensa") for n, p in enumerate(maker.crowd.people(40))])
    maker.add("home_addresses_named", "block", "address", "domicilio_del_beneficiario,apoyo", [(p.address, "Despensa") for p in maker.crowd.people(40)])
    maker.add("mobile_telephones", "block", "phone", "id,celular,apoyo", [(n, p.telephone, "Despensa") for n, p in enumerate(maker.crowd.people(40))])
    maker.add("whatsapp", "block", "phone", "id,whatsapp,apoyo", [(n, f"+52 {p.telephone[:2]} {p.telephone[2:6]} {p.telephone[6:]}", "Despensa") for n, p in enumerate(maker.crowd.people(40))])


ILLNESSES = ("E11.9", "I10X", "J45.9", "B20X", "F32.1", "C50.9", "A15.0", "N18.6")


@fills()
def sensitive(maker: Maker) -> None:
    crowd, chance = maker.crowd, maker.chance

    def table(name: str, kind: str, header: str, value: object, label: str = "block", **limits: int) -> None:
        people = crowd.people(60, **limits)
        maker.add(name, label, kind, header, [value(n, p) for n, p in enumerate(people, 1)])  # type: ignore[operator]

    table("health_with_names", "health", "nombre_completo,diagnostico", lambda n, p: (p.full, chance.choice(ILLNESSES)))
    table("health_with_nss", "health", "nss,cie10,fecha_de_consulta", lambda n, p: (p.nss, chance.choice(ILLNESSES), "2026-05-01"))
    table("health_rows", "health", "edad,sexo,localidad,diagnostico", lambda n, p: (p.age, p.sex, f"Localidad {chance.randint(1, 40)}", chance.choice(ILLNESSES)))
    table("clinical_file", "health", "expediente_clinico,servicio", lambda n, p: (f"{chance.randint(10000, 99999)}-26", "Urgencias"))
    table("blood", "health", "folio,tipo_de_sangre", lambda n, p: (n, chance.choice(("O+", "A+", "B-", "AB+"))))
    table("minors_rows", "minor", "edad,sexo,municipio,motivo", lambda n, p: (p.age, "Hombre" if p.sex == "H" else "Mujer", "Toluca", "Vacuna"), youngest=2, oldest=17)
    table("minors_among_adults", "minor", "sexo,edad,localidad,apoyo", lambda n, p: (p.sex, p.age, f"Loc {chance.randint(1, 9)}", "Beca"), youngest=5, oldest=60)
    table("minor_tutor", "minor", "folio,nombre_del_menor,persona_tutora", lambda n, p: (n, p.given, p.full), youngest=2, oldest=12)
    table("ethnicity_rows", "ethnicity", "edad,sexo,grupo_etnico", lambda n, p: (p.age, p.sex, chance.choice(("Nahua", "Maya", "Zapoteco", "Otomí"))))
    table("ethnicity_named", "ethnicity", "folio,grupo_etnico", lambda n, p: (n, chance.choice(("Nahua", "Maya", "Zapoteco", "Otomí"))), "review")
    table("religion_rows", "belief", "folio,religion,edad,sexo", lambda n, p: (n, chance.choice(("Católica", "Evangélica", "Ninguna", "Testigos de Jehová")), p.age, p.sex))
    table("religion_silent", "belief", "folio,respuesta_7", lambda n, p: (n, chance.choice(("Católica", "Evangélica", "Ateo", "Testigos de Jehová"))), "review")
    table("politics_named", "politics", "folio,afiliacion_politica", lambda n, p: (n, chance.choice(("MORENA", "PAN", "PRI", "Ninguno"))), "review")
    table("orientation_rows", "sexual-preference", "edad,sexo,orientacion_sexual", lambda n, p: (p.age, p.sex, chance.choice(("Heterosexual", "Homosexual", "Bisexual"))))
    table("orientation_named", "sexual-preference", "folio,preferencia_sexual", lambda n, p: (n, chance.choice(("Heterosexual", "Homosexual", "Bisexual"))), "review")
    table("disability_named", "health", "folio,discapacidad", lambda n, p: (n, chance.choice(("Motriz", "Visual", "Ninguna"))), "review")
    table("kinship_named", "kinship", "folio_familia,parentesco,sexo,edad", lambda n, p: (n // 4, chance.choice(("Hijo", "Madre", "Padre", "Esposa")), p.sex, p.age))
    table("biometric", "biometric", "folio,huella_dactilar", lambda n, p: (n, f"{chance.getrandbits(64):016x}"))
    table("signature", "biometric", "folio,firma_autografa", lambda n, p: (n, f"img{n}.png"))
    table("death", "health", "curp,fecha_de_defuncion", lambda n, p: (p.curp, "2026-01-02"))
    table("affiliation", "social-security", "folio,afiliacion_a_la_seguridad_social", lambda n, p: (n, chance.choice(("IMSS", "ISSSTE", "Ninguna"))))
    table("record_folio", "folio", "folio_del_expediente,estatus", lambda n, p: (f"EXP-{n:05d}", "Activo"))
    table("interdiction", "legal-capacity", "folio,estado_de_interdiccion", lambda n, p: (n, chance.choice(("Sí", "No"))))
    table("consent", "consent", "folio,consentimiento_expreso", lambda n, p: (n, "Firmado"))
