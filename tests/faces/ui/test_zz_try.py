import pytest, types, sys
from django.test import Client, override_settings
from django.urls import path, include
urls=types.ModuleType('tryurls')
from hostkeep.faces.storefront.policy_pages import policy_urls
from hostkeep.faces.storefront.promises import promise_urls
import hostkeep.project.urls as pu
urls.urlpatterns=[*policy_urls,*promise_urls,*pu.urlpatterns]; urls.handler404=pu.handler404; urls.handler500=pu.handler500
sys.modules['tryurls']=urls
import pathlib
OUT=pathlib.Path('/tmp/hk/ui/site')
@pytest.mark.django_db(databases="__all__")
@override_settings(ROOT_URLCONF='tryurls')
@pytest.mark.parametrize("lang",["en","vi"])
@pytest.mark.parametrize("slug",["vps6","vpn"])
def test_p(slug,lang):
    for p,name in (("/","home"),("/privacy/","privacy"),("/privacy/history/","hist"),("/privacy/promises/","promises"),("/privacy/policy.json","x"),("/contact/","contact"),("/auth/signup/","signup"),("/auth/login/","login"),("/cart/","cart"),("/auth/password/reset/","reset")):
        c=Client(HTTP_HOST=slug+".localhost",headers={"accept-language":lang})
        r=c.get(p); assert r.status_code==200,(p,r.status_code); assert not r.cookies
        assert r.headers['Content-Language']==lang if 'json' not in p else True
        (OUT/f"r-{name}-{slug}-{lang}.html").write_bytes(r.content)
    r=Client(HTTP_HOST=slug+".localhost",headers={"accept-language":lang,"Sec-Fetch-Site":"same-origin"}).post("/auth/signup/",{"email":"a","birthday":"1"})
    assert r.status_code==422; (OUT/f"r-422-{slug}-{lang}.html").write_bytes(r.content)
    r=Client(HTTP_HOST=slug+".localhost",headers={"accept-language":lang,"Sec-Fetch-Site":"same-origin"}).post("/auth/signup/",{"email":"a"})
    assert r.status_code==200; (OUT/f"r-bad-{slug}-{lang}.html").write_bytes(r.content)
@pytest.mark.django_db(databases="__all__")
def test_op():
    for lang in ("en","vi"):
        c=Client(HTTP_HOST="localhost",headers={"accept-language":lang})
        for p,name in (("/","opindex"),("/auth/login/","oplogin"),("/auth/signup/","opsignup"),("/demo/mail/","opmail"),("/demo/pay/","oppay")):
            r=c.get(p); assert r.status_code==200,(p,r.status_code);(OUT/f"r-{name}-{lang}.html").write_bytes(r.content)
    r=Client(HTTP_HOST="nobody.example").get("/"); assert r.status_code==421
