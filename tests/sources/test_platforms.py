# ruff: noqa: E501 - the headers stand as they are documented
"""Exports of shop systems and marketplaces, with the headers that their documentation has."""

import json
import os

import openpyxl
import pytest

from packshot.sources import read_feed
from packshot.sources.column_names import load_column_names, normalise_column_name
from packshot.sources.platforms import find_platform, load_platforms

MUG = "https://cdn.example/mug"


def read(folder, text, name="feed.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return [
        (row.sku, row.role, os.path.relpath(row.location, folder) if row.location.startswith("/") else row.location, row.title)
        for row in read_feed(path)
    ]  # fmt: skip


# Shopify Help Center, "Using CSV files": the first row of a product has all, the others handle and photo.
SHOPIFY = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,"
    "Variant Price,Image Src,Image Position,Image Alt Text,Gift Card,SEO Title,Variant Image,Status\n"
    f"mug,Red mug,<p>Clay</p>,Potter,Home > Mugs,Mug,,TRUE,Size,S,M-1-S,9.00,{MUG}-2.jpg,2,,FALSE,,{MUG}-1.jpg,active\n"
    f"mug,,,,,,,,Size,L,M-1-L,9.00,{MUG}-1.jpg,1,,,,,\n"
    f"mug,,,,,,,,,,,,{MUG}-3.jpg,3,,,,,\n"
    f"bowl,Bowl,,Potter,,,,TRUE,,,,5.00,https://cdn.example/bowl.jpg?v=1,1,,FALSE,,,active\n"
)

# WooCommerce, "Product CSV import schema": the first of the images is the featured one.
WOOCOMMERCE = (
    'ID,Type,SKU,Name,Published,"Is featured?","Visibility in catalog","Short description",Description,'
    '"Regular price",Categories,Tags,"Shipping class",Images,Parent,Position\n'
    f'1,simple,M-1,"Red mug",1,0,visible,,Clay,9,Mugs,,,"{MUG}-1.jpg, {MUG}-2,b.jpg",,0\n'
)

# Adobe Commerce, "Data reference": the main photo is base_image, others are parted by commas.
MAGENTO = (
    "sku,store_view_code,attribute_set_code,product_type,categories,product_websites,name,description,"
    "base_image,base_image_label,small_image,thumbnail_image,additional_images,additional_image_labels\n"
    "M-1,,Default,simple,Default Category/Mugs,base,Red mug,Clay,m/u/mug-1.jpg,,m/u/mug-1.jpg,m/u/mug-1.jpg,"
    '"m/u/mug-1.jpg,m/u/mug-2.jpg",\n'
    "M-1,de,,,,,Rote Tasse,Ton,,,,,,\n"
)

# Magento 1, exported products: further photos stand in rows of their own, without a SKU.
MAGENTO_1 = (
    "sku,_store,_attribute_set,_type,_category,name,description,image,small_image,_media_image,_media_lable,"
    "_media_position,_media_is_disabled\n"
    "M-1,,Default,simple,Mugs,Red mug,Clay,/m/u/1.jpg,/m/u/1.jpg,/m/u/1.jpg,,1,0\n"
    ",,,,,,,,,/m/u/2.jpg,,2,0\n"
)

# PrestaShop, sample file of the CSV import: semicolons, and commas between the photos.
PRESTASHOP = (
    "Product ID;Active (0/1);Name *;Categories (x,y,z...);Price tax excluded;Reference #;Supplier;Description;"
    "Image URLs (x,y,z...);Image alt texts (x,y,z...);Delete existing images (0 = No, 1 = Yes)\n"
    f"1;1;Red mug;Home,Mugs;9;M-1;Potter;Clay;{MUG}-1.jpg,{MUG}-2.jpg;;0\n"
)

# OpenCart, Export/Import Tool: sheet Products.
OPENCART = (
    "product_id,name(en-gb),categories,sku,upc,model,manufacturer,image_name,description(en-gb)\n"
    "42,Red mug,20,M-1,,MUG,Potter,catalog/mug.jpg,Clay\n"
)

# BigCommerce, "Supported product fields": photos are rows of their own below their product.
BIGCOMMERCE = (
    "Item,ID,Name,Type,SKU,Options,Price,Categories,Description,Variant Image URL,Internal Image URL (Export),"
    "Image URL (Import),Image Description,Image is Thumbnail,Image Sort Order\n"
    "Product,111,Red mug,physical,M-1,,9,12,Clay,,,,,,\n"
    f"Variant,70,,,M-1-S,Size=S,9,,,{MUG}-s.jpg,,,,,\n"
    f"Image,5,,,,,,,,,{MUG}-2.jpg,,,FALSE,0\n"
    f"Image,6,,,,,,,,,{MUG}-1.jpg,,,TRUE,1\n"
)

# BigCommerce, legacy export: numbered columns, with a mark and a position beside each.
BIGCOMMERCE_2 = (
    "Product ID,Item Type,Product Name,Product Code/SKU,Product Description,Category,Product Image ID - 1,"
    "Product Image File - 1,Product Image Description - 1,Product Image Is Thumbnail - 1,Product Image Sort - 1,"
    "Product Image ID - 2,Product Image File - 2,Product Image Description - 2,Product Image Is Thumbnail - 2,"
    "Product Image Sort - 2\n"
    "1,Product,Red mug,M-1,Clay,Mugs,8,b/mug-2.jpg,,N,1,9,b/mug-1.jpg,,Y,2\n"
)

# Shopware 6, Import/Export, default profile for products.
SHOPWARE = (
    "id;parent_id;product_number;active;stock;name;description;price_net;price_gross;tax_id;cover_media_id;"
    "cover_media_url;cover_media_title;cover_media_alt;manufacturer_id;manufacturer_name;categories;media\n"
    f"0a;;M-1;1;3;Red mug;Clay;8;9;t;c;{MUG}-1.jpg;;;m;Potter;Mugs;{MUG}-1.jpg|{MUG}-2.jpg\n"
)

# Shopware 5, profile for article images: 1 is the main photo, 2 any other.
SHOPWARE_5 = (
    "ordernumber;image;main;description;position;width;height;relations\n"
    "M-1;media/mug-2.jpg;2;;2;0;0;\nM-1;media/mug-1.jpg;1;;1;0;0;\n"
)

# Amazon, flat file: what it is, what people call the columns, what programs call them.
AMAZON = (
    "TemplateType=fptcustom\tVersion=2021.1014\tTemplateSignature=xyz\tThe top 3 rows are for Amazon only\t\t\n"
    "Product Type\tSeller SKU\tProduct Name\tDescription\tMain Image URL\tOther Image URL1\tOther Image URL2\n"
    "feed_product_type\titem_sku\titem_name\tproduct_description\tmain_image_url\tother_image_url1\tother_image_url2\n"
    f"kitchen\tM-1\tRed mug\tClay\t{MUG}-1.jpg\t{MUG}-2.jpg\t\n"
)

# Amazon, templates of the Listings Items API.
AMAZON_LISTINGS = (
    "settings=feedType=256&headerLanguageTag=en_US,,,,\n"
    "SKU,Product Type,Item Name,Main Image URL,Other Image URL\n"
    "contribution_sku#1.value,product_type#1.value,"
    "item_name[marketplace_id=ATVPDKIKX0DER][language_tag=en_US]#1.value,"
    "main_product_image_locator[marketplace_id=ATVPDKIKX0DER]#1.media_location,"
    "other_product_image_locator_1[marketplace_id=ATVPDKIKX0DER]#1.media_location\n"
    f"M-1,MUG,Red mug,{MUG}-1.jpg,{MUG}-2.jpg\n"
)

# eBay, Seller Hub Reports: a line of information, then the names; bars between the photos.
EBAY = (
    "#INFO,Version=1.0.0,Template= eBay-draft-listings-template_US,,,,\n"
    "Action(SiteID=US|Country=US|Currency=USD|Version=1193|CC=UTF-8),Custom label (SKU),Category ID,Title,UPC,Price,"
    "Item photo URL,Condition ID,Description\n"
    f"Draft,M-1,20,Red mug,,9,{MUG}-1.jpg|{MUG}-2.jpg,1000,Clay\n"
)

# Google Merchant Center, product data specification.
GOOGLE = (
    "id\ttitle\tdescription\tlink\timage link\tadditional image link\tavailability\tprice\tgoogle product category\n"
    f"M-1\tRed mug\tClay\thttps://shop.example/mug\t{MUG}-1.jpg\t{MUG}-2.jpg,{MUG}-3.jpg?w=1,2\tin_stock\t9 EUR\t2169\n"
)

# Meta, catalogue template.
META = (
    "id,title,description,availability,condition,price,link,image_link,brand,google_product_category,"
    "fb_product_category,additional_image_link,product_tags[0],style[0]\n"
    f'M-1,Red mug,Clay,in stock,new,9 EUR,https://shop.example/mug,{MUG}-1.jpg,Potter,,,"{MUG}-2.jpg,{MUG}-3.jpg",,\n'
)

# Etsy, download of listings.
ETSY = (
    "TITLE,DESCRIPTION,PRICE,CURRENCY_CODE,QUANTITY,TAGS,MATERIALS,IMAGE1,IMAGE2,IMAGE3,VARIATION 1 TYPE,SKU\n"
    f"Red mug,Clay,9,EUR,3,,,{MUG}-1.jpg,{MUG}-2.jpg,,,M-1\n"
)

# Walmart, item setup: the same name for every further photo.
WALMART = (
    "sku,productName,productIdType,productId,shortDescription,mainImageUrl,productSecondaryImageURL,"
    "productSecondaryImageURL\n"
    f"M-1,Red mug,GTIN,1,Clay,{MUG}-1.jpg,{MUG}-2.jpg,{MUG}-3.jpg\n"
)

# Vendure, "Importing data": further variants have empty cells; bars between assets.
VENDURE = (
    "name,slug,description,assets,facets,optionGroups,optionValues,sku,price,taxCategory,stockOnHand,trackInventory,"
    "variantAssets,variantFacets\n"
    "Red mug,red-mug,Clay,mug-1.jpg|mug-2.jpg,category:mugs,size,S,M-1,9,standard,1,false,,\n"
    ",,,,,,L,M-1-L,9,standard,1,false,mug-l.jpg,\n"
)

# Medusa 2, export of products: a row for each variant, which repeats the product.
MEDUSA = (
    "Product Id,Product Handle,Product Title,Product Subtitle,Product Description,Product Status,Product Thumbnail,"
    "Product Image 1,Product Image 2,Variant Id,Variant Title,Variant Sku\n"
    f"p1,mug,Red mug,,Clay,published,{MUG}-1.jpg,{MUG}-1.jpg,{MUG}-2.jpg,v1,S,M-1\n"
    f"p1,mug,Red mug,,Clay,published,{MUG}-1.jpg,{MUG}-1.jpg,{MUG}-2.jpg,v2,L,M-1-L\n"
)

# Medusa 1, template of the import.
MEDUSA_1 = (
    "Product Id;Product Handle;Product Title;Product Subtitle;Product Description;Product Status;Product Thumbnail;"
    "Variant Id;Variant Title;Variant SKU;Image 1 Url;Image 2 Url\n"
    f"p1;mug;Red mug;;Clay;published;{MUG}-1.jpg;;S;M-1;{MUG}-1.jpg;{MUG}-2.jpg\n"
)

# Saleor, export of products: semicolons, commas between media.
SALEOR = (
    "id;name;description;category;product type;product media;variant id;variant sku;variant media\n"
    f"UHJv;Red mug;Clay;mugs;Mug;{MUG}-1.jpg, {MUG}-2.jpg;UHJw;M-1;\n"
)

# Spree, export of products.
SPREE = (
    "product_id,sku,name,slug,status,vendor_name,brand_name,description,meta_title,tags,price,currency,image1_src,"
    "image2_src,image3_src,option1_name,option1_value,category1\n"
    f"1,M-1,Red mug,red-mug,active,Potter,,Clay,,,9,USD,{MUG}-1.jpg,{MUG}-2.jpg,,size,S,Mugs\n"
    "1,M-1-L,,red-mug,,,,,,,9,USD,,,,size,L,\n"
)

# Akeneo, export of products: attributes of the user's own, with their language.
AKENEO = (
    "sku;categories;enabled;family;groups;name-en_US;description-en_US-ecommerce;picture;image_2\n"
    "M-1;mugs;1;cups;;Red mug;Clay;files/M-1/picture/mug-1.jpg;files/M-1/image_2/mug-2.jpg\n"
)

# The Otto Market API, and Zalando's product submission, a product a line.
OTTO = json.dumps(
    {
        "productReference": "MUG", "sku": "M-1", "ean": "1", "productDescription": {"category": "Tassen"},
        "title": "Red mug",
        "mediaAssets": [
            {"type": "IMAGE", "location": f"{MUG}-1.jpg"},
            {"type": "PRODUCT_DATASHEET", "location": "https://cdn.example/mug.pdf"},
            {"type": "IMAGE", "location": f"{MUG}-2.jpg"},
        ],
    }
)  # fmt: skip
ZALANDO = json.dumps(
    {
        "merchant_product_config_id": "M-1", "name": "Red mug", "outline": "mug",
        "product_config_attributes": {
            "media": [
                {"media_path": f"{MUG}-2.jpg", "media_sort_key": 2},
                {"media_path": f"{MUG}-1.jpg", "media_sort_key": 1},
            ]
        },
    }
)  # fmt: skip

TWO = [("M-1", "main", f"{MUG}-1.jpg", "Red mug"), ("M-1", "additional", f"{MUG}-2.jpg", "Red mug")]
THREE = [*TWO, ("M-1", "additional", f"{MUG}-3.jpg", "Red mug")]


def local(*names, title="Red mug"):
    return [("M-1", "additional" if n else "main", name, title) for n, name in enumerate(names)]


EXPORTS = {
    "shopify": (SHOPIFY, [
        ("M-1-S", "main", f"{MUG}-1.jpg", "Red mug"),
        ("M-1-S", "additional", f"{MUG}-2.jpg", "Red mug"),
        ("M-1-S", "additional", f"{MUG}-3.jpg", "Red mug"),
        ("bowl", "main", "https://cdn.example/bowl.jpg?v=1", "Bowl"),
    ]),
    "woocommerce": (WOOCOMMERCE, local(f"{MUG}-1.jpg", f"{MUG}-2,b.jpg")),
    "magento": (MAGENTO, local("m/u/mug-1.jpg", "m/u/mug-2.jpg")),
    "magento_1": (MAGENTO_1, local("../../../../../../m/u/1.jpg", "../../../../../../m/u/2.jpg")),
    "prestashop": (PRESTASHOP, TWO),
    "opencart": (OPENCART, [("42", "main", "catalog/mug.jpg", "Red mug")]),
    "bigcommerce": (BIGCOMMERCE, [*TWO, ("M-1", "additional", f"{MUG}-s.jpg", "Red mug")]),
    "bigcommerce_2": (BIGCOMMERCE_2, local("b/mug-1.jpg", "b/mug-2.jpg")),
    "shopware": (SHOPWARE, TWO),
    "shopware_5": (SHOPWARE_5, local("media/mug-1.jpg", "media/mug-2.jpg", title="")),
    "amazon": (AMAZON, TWO),
    "amazon_listings": (AMAZON_LISTINGS, TWO),
    "ebay": (EBAY, TWO),
    "google": (GOOGLE, [*TWO, ("M-1", "additional", f"{MUG}-3.jpg?w=1,2", "Red mug")]),
    "meta": (META, THREE),
    "etsy": (ETSY, TWO),
    "walmart": (WALMART, THREE),
    "vendure": (VENDURE, local("mug-1.jpg", "mug-2.jpg", "mug-l.jpg")),
    "medusa": (MEDUSA, TWO),
    "medusa_1": (MEDUSA_1, TWO),
    "saleor": (SALEOR, TWO),
    "spree": (SPREE, TWO),
    "akeneo": (AKENEO, local("files/M-1/picture/mug-1.jpg", "files/M-1/image_2/mug-2.jpg")),
    "otto": (OTTO, TWO),
    "zalando": (ZALANDO, TWO),
}  # fmt: skip


@pytest.mark.parametrize("key", EXPORTS)
def test_an_export_is_read_as_it_is_documented(tmp_path, key, caplog):
    text, expected = EXPORTS[key]
    rows = read(tmp_path, text, "feed.jsonl" if text.startswith("{") else "feed.csv")
    if key == "magento_1":
        rows = [
            (sku, role, location[location.index("m/u") :], title) for sku, role, location, title in rows
        ]
        expected = local("m/u/1.jpg", "m/u/2.jpg")
    assert rows == expected
    assert "main photo" not in caplog.text


@pytest.mark.parametrize("key", ["prestashop", "magento", "shopify", "woocommerce", "saleor", "vendure"])
def test_title_and_description_are_read(tmp_path, key):
    path = tmp_path / "feed.csv"
    path.write_text(EXPORTS[key][0], encoding="utf-8")
    row = next(iter(read_feed(path)))
    assert (row.title, "Clay" in row.description) == ("Red mug", True)


@pytest.mark.parametrize("key", ["otto", "zalando"])
@pytest.mark.parametrize("wrapped", ["[%s]", '{"page": 1, "products": [%s], "total": 2}', "%s"])
def test_an_array_is_read_as_lines_are(tmp_path, key, wrapped):
    text, expected = EXPORTS[key]
    assert read(tmp_path, wrapped % text, "feed.json") == expected


def test_further_photos_have_the_words_of_their_product(tmp_path):
    book = openpyxl.Workbook()
    for sheet, rows in (
        (book.active, [line.split(",") for line in OPENCART.splitlines()]),
        (book.create_sheet(), [["product_id", "image", "sort_order"], [42, "catalog/back.jpg", 1]]),
    ):
        for row in rows:
            sheet.append(row)
    book.save(tmp_path / "export.xlsx")
    rows = list(read_feed(tmp_path / "export.xlsx"))
    assert [(row.location.endswith("back.jpg"), row.title, row.description) for row in rows] == [
        (False, "Red mug", "Clay"),
        (True, "Red mug", "Clay"),
    ]


def test_every_platform_is_tested_and_says_where_it_is_documented():
    tables = {one.key: one for one in load_platforms()}
    untested = {"prestashop_grid", "opencart_additional", "amazon_report"}
    assert set(EXPORTS) | untested == set(tables)


def test_names_in_the_data_are_in_the_form_they_are_compared_in():
    for platform in load_platforms():
        names = [*(n for names in platform.fields.values() for n in names)]
        names += [n for known in platform.known_by for n in known]
        assert [n for n in names if normalise_column_name(n) != n] == []
    for names in load_column_names().by_field.values():
        assert [n for n in names if normalise_column_name(n) != n] == []


def test_a_feed_of_its_own_making_is_no_export():
    for names in (["sku", "path"], ["id", "title", "image"], ["image", "category", "seller"]):
        assert find_platform(names) is None


def test_amazons_report_and_prestashops_list(tmp_path):
    report = (
        "item-name\titem-description\tlisting-id\tseller-sku\tprice\timage-url\titem-is-marketplace\n"
    )
    report += f"Red mug\tClay\tL1\tM-1\t9\t{MUG}-1.jpg\ty\n"
    assert read(tmp_path, report, "report.txt") == TWO[:1]
    grid = f"Product ID,Image,Name,Reference,Category\n1,{MUG}-1.jpg,Red mug,M-1,Mugs\n"
    assert [row[0::2] for row in read(tmp_path, grid)] == [("M-1", f"{MUG}-1.jpg")]


def test_a_gallery_without_a_main_photo_is_told(tmp_path, caplog):
    text = 'sku,attribute_set_code,product_type,additional_images\nM-1,Default,simple,"a.jpg,b.jpg"\n'
    assert [row[1] for row in read(tmp_path, text, "none.csv")] == ["additional", "additional"]
    assert "no column with main photos, only further ones (additional_images)" in caplog.text
    caplog.clear()
    text = 'sku,base_image,additional_images\nM-1,,"a.jpg,b.jpg"\n'
    rows = read(tmp_path, text, "empty.csv")
    assert [row[1:3] for row in rows] == [("main", ""), ("additional", "a.jpg"), ("additional", "b.jpg")]
    assert (
        "line 2, and perhaps others, has further photos and no main photo, base_image is empty"
        in caplog.text
    )
    caplog.clear()
    assert [row[1] for row in read(tmp_path, "sku,images\nM-1,a.jpg|b.jpg\n", "own.csv")] == [
        "main",
        "additional",
    ]
    assert "the column images holds several photos and nothing says which" in caplog.text


def test_a_gallery_named_by_hand_is_cut(tmp_path):
    path = tmp_path / "feed.csv"
    path.write_text(PRESTASHOP.replace("Image URLs (x,y,z...)", "Bilder der Tasse"), encoding="utf-8")
    rows = list(read_feed(path, {"image": "Bilder der Tasse"}))
    assert [row.location for row in rows] == [f"{MUG}-1.jpg", f"{MUG}-2.jpg"]


def test_positions_decide_the_order_of_any_feed(tmp_path):
    text = "sku,image,image_position\nA,a2.jpg,2\nA,a1.jpg,1\nB,b10.jpg,10\nB,b9.jpg,9\nA,a3.jpg,3\n"
    assert [row[:3] for row in read(tmp_path, text)] == [
        ("A", "main", "a1.jpg"),
        ("A", "additional", "a2.jpg"),
        ("B", "main", "b9.jpg"),
        ("B", "additional", "b10.jpg"),
        ("A", "additional", "a3.jpg"),
    ]
