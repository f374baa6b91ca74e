"""Cases of other kinds and wordings, made to judge the guard and never to tune it.

Names here are typed by hand, not Faker's; headers are worded as exports of other systems are.
"""

# One case a line: they are a table to be read down.
# ruff: noqa: E501
# fmt: off

from __future__ import annotations

import datetime
from dataclasses import replace

from personal_corpus.cases import Maker, fills
from personal_corpus.people import Person, bare

GIVEN_M = ("Crescencio", "Eleazar", "Yahir", "Ángel Uriel", "Néstor", "Filiberto", "Brayan", "Iván", "José Refugio", "Tadeo")
GIVEN_F = ("Itzel", "Yareli", "María de los Ángeles", "Xóchitl", "Nayeli", "Dulce María", "Zenaida", "Ofelia", "Lizbeth", "Paola")
SURNAMES = ("Xolalpa", "Tzompantzi", "Ek", "Pech", "Uicab", "Zepeda", "De la Cruz", "Cuautle", "Barraza", "Ibáñez", "Quiroz", "Montes de Oca", "Villalobos", "Del Ángel", "Nájera", "Tapia", "Cisneros", "Balderas", "Chan", "Arriaga", "Olvera", "Peralta", "Ñáñez", "Sandoval", "Trejo")


def persons(maker: Maker, count: int, **limits: int) -> list[Person]:
    """People with names of these lists."""
    made = []
    for person in maker.crowd.people(count, **limits):
        given = maker.chance.choice(GIVEN_M if person.sex == "H" else GIVEN_F)
        made.append(replace(person, given=given, paternal=maker.chance.choice(SURNAMES), maternal=maker.chance.choice(SURNAMES)))
    return made


@fills(held_out=True)
def exports(maker: Maker) -> None:
    c, add = maker.chance, maker.add
    p40 = persons(maker, 40)
    add("h_clinical_export", "block", "curp", "ID_PX,NOM_PX,FEC_NAC,SX,DX_CIE10,MED_TRAT", [(n, p.surnames_first.upper(), f"{p.birth:%d/%m/%Y}", p.sex, "E119", "Dr. Ruiz") for n, p in enumerate(p40)], delimiter=";")
    add("h_payroll", "block", "rfc-person", "Empleado,RFC c/homoclave,NSS IMSS,Banco,CLABE", [(p.full, p.rfc, p.nss, "BBVA", p.clabe) for p in p40])
    add("h_survey", "block", "sexual-preference", "edad,genero,orientacion_sexual,municipio", [(p.age, c.choice(("Mujer", "Hombre", "No binario")), c.choice(("Heterosexual", "Gay", "Lesbiana", "Bisexual")), "Tehuacán") for p in p40])
    add("h_school_list", "block", "minor", "grado,alumno,edad,sexo,curp_alumno", [("3A", p.full, p.age, p.sex, p.curp) for p in persons(maker, 30, youngest=6, oldest=14)])
    add("h_vaccination_list", "block", "person-name", "vacuna,lote,nombre_de_la_madre,telefono_de_contacto", [("SRP", "L12", p.full, p.telephone) for p in p40])
    add("h_english_hospital", "block", "birth-date", "patient_id,patient_name,dob,phone,diagnosis", [(n, p.full, p.birth, p.telephone, "Asthma") for n, p in enumerate(p40)])
    add("h_mexican_english", "block", "person-name", "Name,Surname,Amount", [(p.given, p.paternal, 10) for p in p40])
    add("h_visits", "block", "address", "fecha_de_visita,resultado", [("2026-03-04", f"Se visitó a {p.full}, quien vive en {p.address}" if n % 12 == 0 else "Sin novedad") for n, p in enumerate(persons(maker, 120))])
    add("h_call_log", "block", "phone", "hora,motivo", [("10:00", f"Llamó la Sra. {p.given} {p.paternal}, celular {p.telephone}" if n % 15 == 0 else "Información general") for n, p in enumerate(persons(maker, 120))])
    add("h_complaints", "block", "person-name", "folio,hechos", [(n, f"El C. {p.full} manifiesta inconformidad con el servicio" if n % 20 == 0 else "Demora en la atención de urgencias") for n, p in enumerate(persons(maker, 200))])
    add("h_scholarships", "block", "person-name", "escuela,becario,monto_beca", [("Secundaria Técnica 4", p.full.upper(), 900) for p in p40])
    add("h_waiting_list", "block", "person-name", "turno,quien_espera,especialidad", [(n, bare(p.surnames_first), "Traumatología") for n, p in enumerate(p40)])
    add("h_attendance", "block", "person-name", "numero,asistente,firma", [(n, p.full, "") for n, p in enumerate(p40)])
    add("h_wifi", "block", "email", "hora,usuario", [("10:00", p.email) for p in p40])
    add("h_bank", "block", "clabe", "num,cta,importe", [(n, p.clabe, 10) for n, p in enumerate(p40)])
    add("h_nss_dotted", "block", "nss", "n,afil,u", [(n, f"{p.nss[:2]}.{p.nss[2:4]}.{p.nss[4:6]}.{p.nss[6:10]}.{p.nss[10]}", "UMF 1") for n, p in enumerate(p40)])
    add("h_curp_dotted", "block", "curp", "x1,x2", [(n, f"{p.curp[:4]}.{p.curp[4:10]}.{p.curp[10:]}") for n, p in enumerate(p40)])
    add("h_curp_in_url", "block", "curp", "id,liga", [(n, f"https://sistema.mx/constancia?clave={p.curp}&v=1" if n == 17 else f"https://sistema.mx/{n}") for n, p in enumerate(p40)])
    add("h_curp_in_json", "block", "curp", "id,respuesta", [(n, f'{{"curp": "{p.curp}", "ok": true}}') for n, p in enumerate(p40)])
    add("h_voter", "block", "id-document", "seccion,clave", [(c.randint(1, 3000), p.voter_key.lower()) for p in p40])
    add("h_household", "block", "kinship", "vivienda,parentesco_con_jefe,edad,sexo", [(n // 4, c.choice(("Jefa", "Hijo", "Hija", "Nieto")), p.age, p.sex) for n, p in enumerate(p40)])
    add("h_indigenous", "block", "ethnicity", "sexo,edad,pueblo_indigena,apoyo", [(p.sex, p.age, c.choice(("Nahua", "Mazahua", "Otomí")), "Despensa") for p in p40])
    add("h_blood_donors", "block", "health", "donador,grupo_sanguineo,fecha", [(p.full, c.choice(("O+", "A+", "B+")), "2026-01-01") for p in p40])
    add("h_hiv", "block", "health", "codigo_paciente,resultado_vih,edad", [(f"P{n}", c.choice(("Reactivo", "No reactivo")), p.age) for n, p in enumerate(p40)])
    add("h_pensioners", "block", "person-name", "PENSIONADO,REGIMEN,IMPORTE", [(bare(p.full), "Ley 73", 5000) for p in p40])
    add("h_two_columns", "block", "person-name", "Apellidos,Nombre(s)", [(f"{p.paternal} {p.maternal}", p.given) for p in p40])
    add("h_accidents", "block", "birth-date", "evento,fecha_nac_lesionado,sexo_lesionado", [("Caída", p.birth, p.sex) for p in p40])
    add("h_no_header", "block", "person-name", ["1", p40[0].full, "55"], [(n, p.full, 55) for n, p in enumerate(p40[1:], 2)])
    add("h_header_only_social", "block", "nss", "num_seg_social,nombre_asegurado,salario_diario", [])
    add("h_header_only_health", "block", "birth-date", "EXPEDIENTE_CLINICO,PACIENTE,F_NACIMIENTO,ALERGIAS,TIPO_SANGRE", [])
    add("h_header_only_tutor", "block", "minor", "menor_de_edad,nombre_tutor,parentesco_tutor,domicilio_tutor", [])
    add("h_passport_notes", "block", "id-document", "n,nota", [(n, f"Se identifica con pasaporte No. {p.passport}" if n % 10 == 0 else "Sin nota") for n, p in enumerate(p40)])
    add("h_cards_amex", "block", "card", "id,pago", [(n, f"{p.card[:4]} {p.card[4:8]} {p.card[8:12]} {p.card[12:]}") for n, p in enumerate(p40)])
    add("h_rfc_with_dots", "block", "rfc-person", "contribuyente,observacion", [(p.full, f"RFC: {p.rfc}") for p in p40])
    add("h_dates_and_sex", "block", "birth-date", "a,b,c", [(p.birth, p.sex, c.choice(("Tlaxco", "Apizaco", "Huamantla"))) for p in persons(maker, 80)])


@fills(held_out=True)
def public(maker: Maker) -> None:
    c, add = maker.chance, maker.add
    fake = maker.crowd.fake
    many = range(40)
    towns = ("Ciudad Hidalgo", "Doctor Mora", "Cárdenas", "Villaflores", "Ixtapaluca", "Nicolás Bravo", "San Felipe", "Pedro Escobedo", "Jesús María", "Melchor Ocampo", "Santiago Papasquiaro")
    add("h_ambulances", "pass", "codes", "placa,num_economico,base,municipio", [(f"A{c.randint(100, 999)}", c.randint(1, 900), f"Base {c.choice(towns)}", c.choice(towns)) for _ in many])
    add("h_blood_banks", "pass", "facility", "banco_de_sangre,calle_y_numero,colonia,tel", [(f"Centro Estatal de la Transfusión {c.choice(towns)}", f"Morelos {c.randint(1, 300)}", "Centro", f"228 {c.randint(100, 999)} {c.randint(1000, 9999)}") for _ in many])
    add("h_tenders", "pass", "commercial", "procedimiento,licitante_ganador,fecha_de_fallo,importe", [(f"LA-50-GYR-{n}", f"{fake.last_name()} y Asociados, S.C.", f"2025-0{c.randint(1, 9)}-11", c.randint(10**5, 10**8)) for n in many])
    add("h_auditors", "pass", "servants", "despacho_auditor,auditor_responsable,ejercicio", [(f"Despacho {fake.last_name()}, S.C.", maker.crowd.person().full, 2025) for _ in many])
    add("h_mortality", "pass", "aggregate", "ent_resid,sexo,edad_quinquenal,causa,total_defunciones", [(f"{n % 32 + 1:02d}", c.choice(("1", "2")), f"{n}-{n + 4}", "I21", c.randint(10, 400)) for n in many])
    add("h_water", "pass", "place", "presa,municipio,volumen_hm3", [(f"Presa {c.choice(('Miguel Hidalgo', 'Adolfo López Mateos', 'Lázaro Cárdenas'))}", c.choice(towns), c.uniform(1, 900)) for _ in many])
    add("h_roads", "pass", "place", "carretera,tramo,km_inicial", [(f"México {n}", f"{c.choice(towns)} - {c.choice(towns)}", n) for n in many])
    add("h_gtins", "pass", "codes", "gtin14,producto", [("0" + "".join(c.choice("0123456789") for _ in range(13)), "Gasas") for _ in range(200)])
    add("h_account_keys", "pass", "codes", "clave_presupuestaria,aprobado,ejercido", [("".join(c.choice("0123456789") for _ in range(18)), c.randint(1, 10**9), c.randint(1, 10**9)) for _ in range(120)])
    add("h_eleven", "pass", "codes", "id_convocatoria,tema", [(c.randint(10**10, 10**11 - 1), "Salud") for _ in range(150)])
    add("h_library", "pass", "text", "titulo,autor,anio", [("Pedro Páramo", "Juan Rulfo", 1955), ("El laberinto de la soledad", "Octavio Paz", 1950), ("Aura", "Carlos Fuentes", 1962), ("Balún Canán", "Rosario Castellanos", 1957)])
    add("h_parks", "pass", "place", "parque,superficie_m2", [(f"Parque {c.choice(('Francisco I. Madero', 'Luis Donaldo Colosio', 'Benito Juárez', 'de la Paz'))}", c.randint(100, 9000)) for _ in many])
    add("h_laws", "pass", "text", "ordenamiento,fecha_dof,articulo", [("Ley General de Salud", "1984-02-07", f"Art. {n}: Las personas beneficiarias del padrón tienen derecho a la protección de su domicilio.") for n in many])
    add("h_directory_org", "pass", "servants", "nombre_completo,puesto,extension,correo_electronico", [(p.full, "Titular de la Coordinación", c.randint(1000, 9999), f"{bare(p.given.split()[0]).lower()}.{bare(p.paternal).lower()}@imssbienestar.gob.mx") for p in maker.crowd.people(30)])
    add("h_indicators", "pass", "catalogue", "indicador,meta_anual,avance_trimestral", [(f"Porcentaje de pacientes con diabetes en control {n}", 80, c.randint(40, 90)) for n in many])
    add("h_labs", "pass", "facility", "laboratorio,tipo_de_prueba,pruebas_realizadas", [(f"Laboratorio Estatal {c.choice(towns)}", "VIH", c.randint(50, 900)) for _ in many])
    add("h_weather", "pass", "codes", "estacion,fecha,temperatura_c", [(c.choice(towns), f"2026-01-{n % 28 + 1:02d}", c.uniform(5, 35)) for n in many])
    add("h_courses", "pass", "servants", "curso,instructor,participantes", [("RCP básico", p.full, c.randint(10, 60)) for p in maker.crowd.people(20)])
    add("h_ngo", "pass", "commercial", "organizacion_civil,objeto,municipio", [(f"{c.choice(('Casa Hogar', 'Fundación', 'Albergue', 'Patronato'))} {maker.crowd.person().full}, {c.choice(('A.C.', 'I.A.P.'))}", "Asistencia", c.choice(towns)) for _ in many])
    add("h_timestamps", "pass", "dates", "inicio_de_proceso,fin_de_proceso,registros", [(f"2026-02-{n % 28 + 1:02d}T08:00:00", f"2026-02-{n % 28 + 1:02d}T09:00:00", n) for n in many])
    add("h_epoch", "pass", "codes", "epoch_ms,medicion", [(c.randint(1_600_000_000_000, 1_800_000_000_000), c.random()) for _ in range(100)])
    add("h_scientific", "pass", "codes", "gen,expresion,valor_p", [(f"BRCA{n}", c.random(), c.random()) for n in many])
    add("h_beds", "pass", "facility", "hospital,direccion,telefono,correo,camas_censables", [(f"Hospital Comunitario {c.choice(towns)}", f"Carretera Federal km {c.randint(1, 90)}", f"7{c.randint(100000000, 999999999)}", f"h{n}@salud.gob.mx", c.randint(5, 60)) for n in many])
    add("h_sexes", "pass", "aggregate", "unidad,mujeres_atendidas,hombres_atendidos", [(f"UMR {c.choice(towns)}", c.randint(10, 90), c.randint(10, 90)) for _ in many])
    add("h_age_pyramid", "pass", "aggregate", "anio,edad,hombres,mujeres", [(2025, a, c.randint(900, 9000), c.randint(900, 9000)) for a in range(100)])
    add("h_products", "pass", "commercial", "marca,titular_del_registro,registro_sanitario", [(f"Marca {n}", f"Laboratorios {fake.last_name()}, S.A. de C.V.", f"{n:04d}M2020 SSA") for n in many])
    add("h_meetings", "pass", "text", "fecha_sesion,asunto", [("2026-04-05", "Presentación del Padrón de personas beneficiarias ante el Comité de Transparencia.") for _ in many])
    add("h_minutes_of_presidents", "pass", "text", "sesion,acuerdo", [(n, f"Aprobado por la Presidenta, Mtra. {maker.crowd.person().full}, en sesión ordinaria.") for n in range(15)])
    add("h_dates_of_hospitals", "pass", "facility", "hospital,fecha_de_creacion,tipologia", [(f"Hospital Básico Comunitario {c.choice(towns)}", datetime.date(c.randint(1940, 2020), 3, 5), "HBC") for _ in many])
    add("h_regions", "pass", "place", "region,jurisdiccion,cabecera", [(n, f"Jurisdicción {n}", c.choice(towns)) for n in many])
