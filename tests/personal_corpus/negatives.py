"""Public tables that must pass: places, offices, companies, counts, codes that look like others."""

# One case a line: they are a table to be read down.
# ruff: noqa: E501
# fmt: off

from __future__ import annotations

from stdnum import luhn
from stdnum.mx import rfc

from personal_corpus.cases import Maker, fills

MUNICIPALITIES = ("Benito Juárez", "Miguel Hidalgo", "Venustiano Carranza", "Álvaro Obregón", "Hidalgo", "Juárez", "Zaragoza", "Guadalupe", "García", "Allende", "Toluca", "Lerma", "Metepec", "San Juan del Río", "Emiliano Zapata", "Lázaro Cárdenas", "Nicolás Romero", "Felipe Carrillo Puerto", "José María Morelos", "Ramos Arizpe", "Gómez Palacio", "General Escobedo", "Ocampo", "Guerrero", "Morelos", "Aldama", "Camargo", "Salinas Victoria")
STATES = ("Hidalgo", "Guerrero", "Morelos", "Querétaro", "Durango", "Sonora", "Puebla", "Oaxaca", "Chiapas", "Veracruz", "Tlaxcala", "Colima")
UNITS = ("Hospital General de Zona {}", "Centro de Salud {}", "UMR {}", "Clínica {}", "Hospital Rural {}", "Unidad Médica {}")


def unit(maker: Maker) -> str:
    return maker.chance.choice(UNITS).format(maker.chance.choice((*MUNICIPALITIES, "Dr. Manuel Gea González", "Dr. Rafael Lucio", "La Loma")))


def street(maker: Maker) -> str:
    c = maker.chance
    return f"{c.choice(('Av.', 'Calle', 'Blvd.', 'Carretera', 'Calzada'))} {c.choice(('Benito Juárez', 'Hidalgo', 'Emiliano Zapata', '5 de Mayo', 'Lázaro Cárdenas', 'Adolfo López Mateos'))} {c.randint(1, 2000)}, Col. Centro, C.P. {c.randint(20000, 99999)}"


def telephone(maker: Maker) -> str:
    return maker.chance.choice(("55", "33", "222", "722")).ljust(3, "1") + f"{maker.chance.randint(0, 9999999):07d}"


def company(maker: Maker) -> str:
    return maker.crowd.fake.company()


@fills()
def facilities(maker: Maker) -> None:
    c = maker.chance
    many = range(40)
    add = maker.add
    add("clues_addresses", "pass", "facility", "clues,nombre_de_la_unidad,domicilio,telefono,municipio", [(f"MCIMB{n:06d}", unit(maker), street(maker), telephone(maker), c.choice(MUNICIPALITIES)) for n in many])
    add("modules_hours", "pass", "facility", "modulo,direccion,horario,telefono,latitud,longitud", [(f"Módulo {n}", street(maker), "Lunes a viernes 8:00 a 15:00", telephone(maker), f"19.{c.randint(10**5, 10**6)}", f"-99.{c.randint(10**5, 10**6)}") for n in many])
    add("facility_mail", "pass", "facility", "unidad_medica,correo,telefono", [(unit(maker), f"hospital.{n}@imssbienestar.gob.mx", telephone(maker)) for n in many])
    add("facility_free_mail", "pass", "facility", "centro_de_salud,correo_electronico", [(unit(maker), f"centrosalud{n}@gmail.com") for n in many])
    add("pharmacies", "pass", "facility", "farmacia,calle,numero,colonia,codigo_postal", [(f"Farmacia {c.choice(MUNICIPALITIES)}", c.choice(("Hidalgo", "Juárez", "Emiliano Zapata", "Morelos")), c.randint(1, 900), "Centro", c.randint(20000, 99999)) for _ in many])
    add("schools", "pass", "facility", "escuela,municipio,alumnos", [(f"{c.choice(('Primaria', 'Secundaria', 'Jardín de Niños'))} {c.choice(('Benito Juárez', 'Profr. Rafael Ramírez', 'Josefa Ortiz de Domínguez', 'Justo Sierra'))}", c.choice(MUNICIPALITIES), c.randint(30, 600)) for _ in many])
    add("school_names_alone", "pass", "facility", "nombre_de_la_escuela,turno", [(c.choice(("Benito Juárez", "Rafael Ramírez", "Josefa Ortiz de Domínguez", "Justo Sierra", "José Vasconcelos", "Luis Donaldo Colosio", "Adolfo López Mateos")), "Matutino") for _ in many])
    add("streets", "pass", "place", "vialidad,tipo,longitud_metros", [(c.choice(("Benito Juárez", "Adolfo López Mateos", "José María Morelos", "Luis Donaldo Colosio", "Francisco I. Madero", "Ricardo Flores Magón")), "Calle", c.randint(100, 900)) for _ in many])
    add("hospitals_of_heroes", "pass", "facility", "nombre,nivel_de_atencion,camas", [(f"Hospital General Dr. {n}", "Segundo", c.randint(20, 300)) for n in ("Manuel Gea González", "Rafael Pascacio Gamboa", "Aquiles Calles Ramírez", "Jesús Gilberto Gómez Maza", "Raymundo Abarca Alarcón")])
    add("clinic_switchboards", "pass", "facility", "clues,telefono", [(f"GRIMB{n:06d}", telephone(maker)) for n in many])
    add("opening_dates", "pass", "facility", "unidad_medica,fecha_de_inauguracion", [(unit(maker), f"{c.randint(1950, 2020)}-0{c.randint(1, 9)}-{c.randint(10, 28)}") for _ in many])
    add("companies_directory", "pass", "commercial", "razon_social,rfc,domicilio_fiscal", [(company(maker), _company_rfc(maker), street(maker)) for _ in many])
    add("addresses_of_offices", "pass", "facility", "oficina,domicilio", [(f"Oficina {c.choice(MUNICIPALITIES)}", street(maker)) for _ in many])
    add("pharmacies_facing", "pass", "facility", "c1,c2,c3", [(unit(maker), street(maker), telephone(maker)) for _ in many])


def _company_rfc(maker: Maker) -> str:
    c = maker.chance
    body = "".join(c.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(3)) + f"{c.randint(70, 99)}{c.randint(1, 12):02d}{c.randint(1, 28):02d}" + "".join(c.choice("0123456789ABCDEFGH") for _ in range(2))
    return body + rfc.calc_check_digit(body)


@fills()
def geography(maker: Maker) -> None:
    c = maker.chance
    many = range(50)
    add = maker.add
    add("municipalities", "pass", "place", "entidad,municipio,poblacion", [(c.choice(STATES), c.choice(MUNICIPALITIES), c.randint(1000, 90000)) for _ in many])
    add("municipalities_silent", "pass", "place", "c1,c2,c3", [(c.choice(STATES), c.choice(MUNICIPALITIES), c.randint(1000, 90000)) for _ in many])
    add("localities", "pass", "place", "localidad,altitud", [(c.choice(("San José", "Guadalupe", "Santa María", "Emiliano Zapata", "El Rosario", "La Soledad", "Los Reyes", "San Juan", "Vicente Guerrero", "Buenavista")), c.randint(0, 3000)) for _ in many])
    add("colonies", "pass", "place", "colonia,codigo_postal", [(c.choice(("Juárez", "Roma", "Narvarte", "Del Valle", "Guerrero", "Morelos", "Portales", "Benito Juárez")), c.randint(1000, 16000)) for _ in many])
    add("catalogue_of_states", "pass", "place", "cve_ent,nom_ent", [(f"{n:02d}", s) for n, s in enumerate(STATES, 1)])
    add("inegi_keys", "pass", "place", "cvegeo,nombre_municipio,latitud,longitud", [(f"{n:09d}", c.choice(MUNICIPALITIES), c.uniform(15, 32), -c.uniform(87, 117)) for n in many])
    add("rivers", "pass", "place", "nombre,longitud_km", [(n, c.randint(10, 900)) for n in ("Río Lerma", "Río Santiago", "Río Bravo", "Río Fuerte", "Río Conchos", "Presa Miguel Alemán")])
    add("coordinates", "pass", "place", "lat,lon", [(f"{c.uniform(15, 32):.10f}", f"{-c.uniform(87, 117):.10f}") for _ in many])
    add("birthplaces_of_counts", "pass", "aggregate", "entidad_de_nacimiento,sexo,nacimientos", [(s, x, c.randint(100, 9000)) for s in STATES for x in ("Hombre", "Mujer")])


@fills()
def counts(maker: Maker) -> None:
    c = maker.chance
    add = maker.add
    grid = [(m, s) for m in MUNICIPALITIES[:12] for s in ("Hombres", "Mujeres")]
    add("consultations", "pass", "aggregate", "municipio,sexo,total_consultas", [(m, s, c.randint(50, 900)) for m, s in grid])
    add("by_age_group", "pass", "aggregate", "grupo_de_edad,sexo,casos", [(g, s, c.randint(10, 900)) for g in ("0-4", "5-14", "15-24", "25-44", "45-64", "65+") for s in ("H", "M")])
    add("by_single_age", "pass", "aggregate", "edad,sexo,poblacion", [(a, s, c.randint(1000, 90000)) for a in range(0, 90) for s in ("Hombre", "Mujer")])
    add("deaths_by_cause", "pass", "aggregate", "causa_cie10,descripcion,defunciones", [(f"{letter}{n:02d}", "Enfermedad", c.randint(10, 90)) for letter in "AEIJ" for n in range(10)])
    add("diagnoses_counted", "pass", "aggregate", "diagnostico,municipio,casos", [(d, m, c.randint(5, 300)) for d in ("Diabetes", "Hipertensión", "Asma") for m in MUNICIPALITIES[:8]])
    add("ethnic_counts", "pass", "aggregate", "lengua_indigena,hablantes", [(w, c.randint(500, 9000)) for w in ("Náhuatl", "Maya", "Mixteco", "Zapoteco", "Otomí")])
    add("religion_counts", "pass", "aggregate", "religion,poblacion", [(w, c.randint(500, 9000)) for w in ("Católica", "Evangélica", "Sin religión")])
    add("disability_counts", "pass", "aggregate", "tipo_de_discapacidad,municipio,personas", [(w, m, c.randint(10, 400)) for w in ("Motriz", "Visual", "Auditiva") for m in MUNICIPALITIES[:6]])
    add("blood_bank", "pass", "aggregate", "tipo_de_sangre,unidades_disponibles,total", [(w, c.randint(5, 90), c.randint(90, 900)) for w in ("O+", "O-", "A+", "A-", "B+")])
    add("credentials_delivered", "pass", "aggregate", "entidad,modulo,credenciales_entregadas", [(s, f"Módulo {n}", c.randint(10, 900)) for n, s in enumerate(STATES)])
    add("births_by_month", "pass", "aggregate", "mes,nacimientos,defunciones", [(f"2026-{m:02d}", c.randint(90, 900), c.randint(20, 300)) for m in range(1, 13)])
    add("vaccination", "pass", "aggregate", "biologico,menores_de_edad,adultos,dosis_aplicadas", [(b, c.randint(90, 900), c.randint(90, 900), c.randint(900, 1900)) for b in ("BCG", "SRP", "Influenza", "COVID-19")])
    add("affiliates", "pass", "aggregate", "entidad,afiliados,beneficiarios", [(s, c.randint(900, 9000), c.randint(900, 9000)) for s in STATES])
    add("votes", "pass", "aggregate", "municipio,partido,votos", [(m, p, c.randint(10, 9000)) for m in MUNICIPALITIES[:8] for p in ("MORENA", "PAN", "PRI", "MC")])
    add("places_with_few_beds", "pass", "aggregate", "unidad_medica,camas,consultorios", [(unit(maker), c.choice((1, 2, 3, 20)), c.choice((1, 2, 5))) for _ in range(30)])
    add("most_common_names", "pass", "aggregate", "nombre,frecuencia", [(n, c.randint(900, 9000)) for n in ("María", "José", "Guadalupe", "Juan", "Ximena", "Santiago", "Mateo", "Sofía")])
    add("surname_statistics", "pass", "aggregate", "apellido_mas_frecuente,entidad,total", [(n, s, c.randint(900, 9000)) for n, s in zip(("Hernández", "García", "Martínez", "López"), STATES, strict=False)])
    add("rate_by_sex", "pass", "aggregate", "anio,sexo,tasa_de_mortalidad", [(y, s, round(c.uniform(3, 9), 2)) for y in range(2000, 2026) for s in ("Hombres", "Mujeres")])
    add("header_only_counts", "pass", "aggregate", "entidad,sexo,grupo_de_edad,total_de_consultas", [])


@fills()
def money(maker: Maker) -> None:
    c = maker.chance
    add = maker.add
    add("budget", "pass", "money", "ramo,unidad_responsable,partida,presupuesto_aprobado_pesos", [(47, f"Dirección {n}", c.randint(10000, 60000), c.randint(10**9, 10**11)) for n in range(40)])
    add("big_amounts", "pass", "money", "concepto,monto", [(f"Concepto {n}", c.randint(10**10, 10**11 - 1)) for n in range(80)])
    add("donations", "pass", "money", "nombre_del_beneficiario,fin_especifico,monto", [(f"{c.choice(('Fundación', 'Asociación', 'Patronato', 'Academia', 'Instituto'))} {c.choice(('John Langdon Down', 'Dr. José Luis Martínez', 'María Elena Ruiz Soto', 'Teletón', 'Michou y Mau'))}, {c.choice(('A.C.', 'I.A.P.'))}", "Becas", c.randint(10**5, 10**7)) for _ in range(20)])
    add("donations_by_corporations", "pass", "money", "donante,importe", [(company(maker), c.randint(10**4, 10**6)) for _ in range(40)])
    add("contracts", "pass", "commercial", "numero_de_contrato,proveedor,rfc,monto_total", [(f"050GYR{c.randint(100, 999)}E{n:03d}-001-26", company(maker), _company_rfc(maker), c.randint(10**5, 10**8)) for n in range(50)])
    add("contracts_with_some_persons", "pass", "commercial", "contrato,contratista,objeto,importe_contrato", [(f"AA-050-{n}", maker.crowd.person().full.upper() if n % 10 == 0 else company(maker), "Suministro", c.randint(10**5, 10**8)) for n in range(50)])
    add("invoices", "pass", "money", "folio_fiscal,fecha_factura,proveedor,total", [(maker.crowd.fake.uuid4(), "2026-03-04", company(maker), c.randint(100, 9000)) for _ in range(40)])
    add("generic_rfc", "pass", "commercial", "cliente,rfc,total", [("Público en general", c.choice(("XAXX010101000", "XEXX010101000")), c.randint(100, 900)) for _ in range(40)])
    add("company_rfc_column", "pass", "commercial", "rfc,importe", [(_company_rfc(maker), c.randint(100, 900)) for _ in range(60)])
    add("honoraria_totals", "pass", "money", "entidad,contratos_celebrados,presupuesto_ejercido_pesos", [(s, c.randint(10, 900), c.randint(10**6, 10**9)) for s in STATES])


@fills()
def codes(maker: Maker) -> None:
    c = maker.chance
    add = maker.add
    digits = lambda n: "".join(c.choice("0123456789") for _ in range(n))  # noqa: E731
    add("medicines", "pass", "codes", "clave,descripcion,presentacion", [(f"010.000.{c.randint(100, 6000):04d}.00", "Paracetamol tableta 500 mg", "Envase con 10") for _ in range(60)])
    add("codes_of_11_digits", "pass", "codes", "codigo,descripcion", [(digits(11), "Insumo") for _ in range(200)])
    add("codes_of_18_digits", "pass", "codes", "clave_presupuestal,importe", [(digits(18), c.randint(1, 900)) for _ in range(200)])
    add("codes_of_16_digits", "pass", "codes", "codigo_de_barras,articulo", [(c.choice("789") + digits(15), "Insumo") for _ in range(200)])
    add("codes_of_13_digits", "pass", "codes", "ean,articulo", [("750" + digits(10), "Insumo") for _ in range(200)])
    add("serials_by_luhn", "pass", "codes", "numero_de_serie,equipo", [(("35" + (b := digits(12))) + luhn.calc_check_digit("35" + b), "Teléfono") for _ in range(50)])
    add("inventory_numbers", "pass", "codes", "numero_de_inventario,bien", [(f"I{digits(9)}", "Silla") for _ in range(100)])
    add("vehicle_numbers", "pass", "codes", "numero_de_serie_vehicular,placas", [("3N1" + "".join(c.choice("ABCDEFGHJKLMNPRSTUVWXYZ0123456789") for _ in range(14)), f"{c.choice('ABC')}{digits(2)}{c.choice('XYZ')}{digits(2)}") for _ in range(60)])
    add("isbn", "pass", "codes", "isbn,titulo,autor_corporativo", [("978" + digits(10), "Manual de salud", "Secretaría de Salud") for _ in range(60)])
    add("clues_alone", "pass", "codes", "clues", [(f"{c.choice(('GR', 'MC', 'OC', 'HG'))}IMB{digits(6)}",) for _ in range(80)])
    add("folios_ten_digits", "pass", "codes", "folio_de_solicitud,fecha_de_recepcion", [(digits(10), "2026-02-03") for _ in range(100)])
    add("transparency_folios", "pass", "codes", "folio,sentido_de_la_respuesta", [("3300" + digits(8), "Entrega de información") for _ in range(100)])
    add("letters_and_dates", "pass", "codes", "clave_de_lote,producto", [(f"{c.choice(('LOTE', 'BXRT', 'KLMN'))}{c.randint(20, 26)}{c.randint(1, 12):02d}{c.randint(10, 28)}", "Vacuna") for _ in range(60)])
    add("uuids", "pass", "codes", "identificador,estatus", [(maker.crowd.fake.uuid4(), "activo") for _ in range(60)])
    add("hashes", "pass", "codes", "archivo,sha256", [(f"tabla_{n}.csv", maker.crowd.fake.sha256()) for n in range(40)])
    add("dates", "pass", "dates", "fecha,evento", [(f"20{c.randint(18, 26)}-{c.randint(1, 12):02d}-{c.randint(1, 28):02d}", "Sesión") for _ in range(60)])
    add("law_dates", "pass", "dates", "fecha_de_publicacion,ley", [(f"{c.randint(1917, 2025)}-{c.randint(1, 12):02d}-{c.randint(1, 28):02d}", "Ley General") for _ in range(60)])
    add("icd_catalogue", "pass", "catalogue", "clave_cie10,descripcion", [(f"{letter}{n:02d}", f"Enfermedad {letter}{n}") for letter in "ABCDE" for n in range(20)])
    add("links", "pass", "codes", "recurso,url", [(f"Recurso {n}", f"https://datos.gob.mx/dataset/{maker.crowd.fake.slug()}") for n in range(30)])


@fills()
def words(maker: Maker) -> None:
    c = maker.chance
    add = maker.add
    add("public_servants", "pass", "servants", "nombre,primer_apellido,segundo_apellido,cargo,area_de_adscripcion,correo_institucional", [(p.given, p.paternal, p.maternal, "Jefe de Departamento", "Dirección General", f"{p.given.split()[0].lower()}.{p.paternal.lower()}@imssbienestar.gob.mx") for p in maker.crowd.people(40)])
    add("directors_of_units", "pass", "servants", "unidad_medica,nombre_del_director,telefono_oficina", [(unit(maker), p.full, telephone(maker)) for p in maker.crowd.people(30)])
    add("pay_table", "pass", "servants", "denominacion_del_puesto,nombre,sueldo_bruto,remuneracion_neta", [("Subdirector de Área", p.full, c.randint(20000, 80000), c.randint(15000, 60000)) for p in maker.crowd.people(30)])
    add("fields_of_the_roll", "pass", "catalogue", "campo,titulo,tipo,descripcion", [("curp", "CURP", "texto", "Clave Única de Registro de Población de la persona"), ("fecha_de_nacimiento", "Fecha de nacimiento", "fecha", "Día en que nació la persona beneficiaria"), ("domicilio", "Domicilio", "texto", "Calle, número y colonia")])
    add("requirements", "pass", "catalogue", "tramite,requisito,documento", [("Registro", "CURP", "Copia de acta de nacimiento y comprobante de domicilio"), ("Registro", "Identificación oficial", "Credencial para votar")])
    add("manual", "pass", "text", "capitulo,texto", [(n, "El paciente tiene derecho a recibir trato digno; la persona titular de la Unidad de Transparencia resolverá. Padrón de personas beneficiarias.") for n in range(20)])
    add("agreements", "pass", "text", "acuerdo,descripcion", [(f"ACDO-{n}", f"Convenio suscrito por el Lic. {maker.crowd.person().full}, Director General, y la Secretaría de Salud.") for n in range(20)])
    add("contact_text", "pass", "text", "tema,respuesta", [("Contacto", "Llame al 800 623 2323 o escriba a atencion.ciudadana@imssbienestar.gob.mx, Av. Paseo de la Reforma 476, Col. Juárez.") for _ in range(20)])
    add("indicator_sheets", "pass", "catalogue", "nombre_del_indicador,metodo_de_calculo,unidad_de_medida", [("Tasa de mortalidad materna", "Defunciones maternas entre nacidos vivos por 100 mil", "Tasa") for _ in range(10)])
    add("research_papers", "pass", "servants", "titulo,autores,revista,anio", [("Control de la diabetes en zonas rurales", "; ".join(p.full for p in maker.crowd.people(2)), "Gaceta Médica", 2024) for _ in range(20)])
    add("programmes", "pass", "text", "programa,poblacion_objetivo,presupuesto", [("Salud Casa por Casa", "Personas adultas mayores y con discapacidad", c.randint(10**6, 10**9)) for _ in range(12)])
    add("staff_counts", "pass", "aggregate", "puesto,plazas_ocupadas,plazas_vacantes", [("Médico general", c.randint(10, 900), c.randint(1, 90)) for _ in range(12)])
    add("services_catalogue", "pass", "catalogue", "clave_del_servicio,servicio,nivel", [(n, s, "Primero") for n, s in enumerate(("Consulta externa", "Urgencias", "Tococirugía", "Salud mental", "Rehabilitación"))])
    add("equipment", "pass", "codes", "equipo,marca,modelo,numero_de_serie", [("Ultrasonido", c.choice(("Siemens", "Mindray", "Philips")), f"M{c.randint(10, 99)}", f"SN{c.randint(10**7, 10**8)}") for _ in range(40)])
    add("yes_and_no", "pass", "text", "unidad_medica,tiene_farmacia,tiene_laboratorio", [(unit(maker), c.choice(("Sí", "No")), c.choice(("Sí", "No"))) for _ in range(30)])
    add("hours", "pass", "facility", "sede,dia,hora_inicio,hora_fin", [(f"Sede {n}", "Lunes", "08:00", "15:00") for n in range(12)])
    add("blank_table", "pass", "text", "a,b,c", [])
    add("ages_of_equipment", "pass", "codes", "equipo,edad_en_anios,estado", [("Ambulancia", c.randint(1, 20), "Funcional") for _ in range(40)])
    add("committee_members", "pass", "servants", "nombre,cargo,tipo_de_integrante", [(p.full, "Vocal titular", "Propietario") for p in maker.crowd.people(12)])
    add("patients_by_unit", "pass", "aggregate", "unidad_medica,pacientes,egresos", [(unit(maker), c.randint(10, 900), c.randint(10, 900)) for _ in range(30)])
    add("companies_with_surnames", "pass", "commercial", "empresa,giro", [(company(maker), "Limpieza") for _ in range(50)])
    add("social_reasons", "pass", "commercial", "razon_social,monto", [(company(maker).upper(), c.randint(1, 900)) for _ in range(50)])
